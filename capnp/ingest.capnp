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

interface RecordIngest {
  # eventd-ingest → store: logs and metric samples. A two-party connection of its own; the store's
  # bootstrap capability on it is a RecordIngest. Logs and samples may be lost (PSD-008 §4.1, §6.1),
  # but not doubled and not without being counted: batches of each kind are numbered by the sender,
  # and the store keeps the number of the last one in the transaction that holds it.
  hello @0 (sender :Data) -> (logBatch :UInt64, sampleBatch :UInt64);
  # Called once, first. `sender` is 16 random bytes of this incarnation of eventd-ingest. Answers,
  # when everything an earlier connection sent is committed or given up, the numbers of the last
  # batches of this sender that are stored; 0 when there is none. What lies behind is sent again.
  writeLogs @1 (batch :UInt64, records :List(Record.LogRecord)) -> ();
  writeSamples @2 (batch :UInt64, series :List(Record.MetricSeries),
                   samples :List(Record.MetricSample)) -> ();
  # Batches are numbered from 1, ascending, and each keeps its number for good: a commit that failed
  # may have reached the disk after all, and the batch is known by its number then. The answer means:
  # committed (WAL, synchronous=NORMAL), or dropped for good because its numbers are known already.
  # Unanswered calls are the back-pressure; the sender then drops and counts what it has not numbered
  # yet. Errors: overloaded = not stored now, and neither is anything behind it: send them again in
  # order when all of them are answered; failed = malformed, never send it again. A record that is
  # malformed by itself is skipped and counted.
}
