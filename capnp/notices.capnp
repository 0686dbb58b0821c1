@0xa7d2e8c4b1f05904;
# What the store tells many (ZeroMQ PUB). Losing one costs latency, never data: listeners read the
# stores by cursor.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

struct CommitNotice {
  enum Store {
    events @0;
    logs @1;
    metrics @2;
  }
  store @0 :Store;
  shard @1 :UInt16;
  firstId @2 :Int64;
  lastId @3 :Int64;
  # Ids of the records this commit made visible.
  stableId @4 :Int64;
  # Everything at or below it is committed or known to be void (global sequence).
  newestTimestamp @5 :Int64;
}
