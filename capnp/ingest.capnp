@0xd4c1b7a05e9f3802;
# collector → store. One two-party connection over an inherited socket pair; the store's bootstrap
# capability is an EventIngest.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

using Record = import "record.capnp";

struct CpuHoldings {
  # What the store accounts for on one cpu in this boot: events stored and gaps recorded.
  cpu @0 :UInt16;
  held @1 :List(Record.Interval);
  # Merged and ascending.
}

interface EventIngest {
  hello @0 (cpuCount :UInt16) -> (holdings :List(CpuHoldings), sink :EventSink,
                                  batchEventsMax :UInt32);
  # Called once, first. The store opens its shards for cpuCount rings, waits until everything an
  # earlier collector sent is committed or given up, and answers what it holds. The collector resumes
  # behind that. A second hello on a connection is refused as invalid.
  # Fails (failed) when the shards cannot be opened; the group cannot run then.
}

interface EventSink {
  # This collector's sink.
  write @0 (batch :Record.EventBatch) -> ();
  # The answer is the durability promise: batch and receipts are committed (WAL, synchronous=FULL).
  # Unanswered calls are the back-pressure. Runs may be committed out of order across cpus, never
  # within one. Errors: overloaded = not stored now, keep it and send it again; failed = malformed,
  # never send it again.
}
