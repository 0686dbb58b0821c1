@0xa7d3e91c5b60f284;
# queryd → store. One two-party connection over an inherited socket pair; the store's bootstrap
# capability is a StoreControl. queryd is not trusted: the store checks every name and every count,
# and nothing here can make it write or lose a record.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

struct FieldCount {
  field @0 :Text;
  # A header column or a payload path, as queries name it; at most 200 bytes.
  queries @1 :UInt32;
  # That filtered by it since the last report.
}

struct RollupCount {
  function @0 :UInt8;
  # The identifiers of PSD-008 §13; anything above 5 is ignored.
  windowSeconds @1 :UInt32;
  queries @2 :UInt32;
  # That asked for it since the last report.
}

interface StoreControl {
  countFields @0 (fields :List(FieldCount)) -> ();
  # Called at most once a second with at most 256 fields. What is more than that, or no field that
  # can be indexed, is ignored and counted; a call with more fields fails (failed). Nothing is lost
  # by not calling but knowledge of what is asked (PSD-008 §3.3).
  index @1 (field :Text) -> ();
  # EVENTS INDEX: the field joins the desired set at highest priority; the answer means that it is
  # in it, not that any shard has the index yet. queryd has checked that the caller may. Fails:
  # failed = the field cannot be indexed, overloaded = not now. The text is for the caller.
  countRollups @2 (rollups :List(RollupCount)) -> ();
  # The same for metric queries with a function and a window (PSD-008 §7.4): at most once a second,
  # at most 256 pairs.
  stableId @3 () -> (id :Int64);
  # Every event at or below it is committed or will never be, as long as this store lives: the next
  # one may give out void ids again. Who reads by it asks once more after the reading; an answer on
  # the same connection shows that nobody else has written meanwhile. As often as wanted.
}
