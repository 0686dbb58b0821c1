@0xb1f3a5d2c9e84701;
# The records that travel inside the group and the values they share.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

struct Interval {
  # A closed range of sequence numbers; first <= last.
  first @0 :UInt64;
  last @1 :UInt64;
}

struct Gap {
  # Sequence numbers of one cpu that are lost for ever (PSD-008 §2.5).
  firstMissing @0 :UInt64;
  lastMissing @1 :UInt64;
  lastTimestamp @2 :Int64;
  # Wall nanoseconds of the last event processed before the gap; 0 when there was none.
  revealTimestamp @3 :Int64;
  # Wall nanoseconds of the event that revealed the gap.
}

struct EventBatch {
  # A run of one cpu's events in ring order, as raw KMES bytes, with the gaps found in front of or
  # between them. Together events and gaps cover firstSequence..lastSequence without overlap.
  cpu @0 :UInt16;
  firstSequence @1 :UInt64;
  lastSequence @2 :UInt64;
  eventCount @3 :UInt32;
  gaps @4 :List(Gap);
  events @5 :Data;
  ringFillPercent @6 :UInt8;
  # How full the cpu's ring was before the last of these events were read from it; the store gives up
  # indexes when that is too much (PSD-008 §3.3). Above 100 counts as 100.
}

struct LogRecord {
  # One line of text (PSD-008 §4.2), checked by eventd-ingest and again by whoever reads this.
  timestamp @0 :Int64;
  # Wall nanoseconds: the sender's, or of its receipt; clamped to 2^63-1 (Ruling S11).
  origin @1 :Text;
  # Not empty, UTF-8.
  isError @2 :Bool;
  message @3 :Text;
  jobId @4 :Data;
  # 16 bytes, or none (contracts §5).
}

enum MetricType {
  # In the order of the identifiers of PSD-008 §13.
  counter @0;
  gauge @1;
  histogram @2;
}

struct Histogram {
  # Upper bounds, finite and strictly increasing; cumulative counts, as many as bounds (Ruling L2).
  boundaries @0 :List(Float64);
  counts @1 :List(UInt64);
  totalCount @2 :UInt64;
  sum @3 :Float64;
}

struct MetricSeries {
  name @0 :Text;
  # Not empty, UTF-8.
  labels @1 :Text;
  # Canonical (PSD-008 §7.1): key=value pairs sorted by key, separated by commas; "" is none.
  type @2 :MetricType;
}

struct MetricSample {
  series @0 :UInt32;
  # Index into the series of the same batch.
  timestamp @1 :Int64;
  value @2 :Float64;
  # Of counters and gauges.
  histogram @3 :Histogram;
  # Of histograms only.
}

struct Value {
  # One typed value of a result.
  union {
    nil @0 :Void;
    boolean @1 :Bool;
    int @2 :Int64;
    uint @3 :UInt64;
    # Only for values above 2^63-1; everything smaller is an int.
    float @4 :Float64;
    text @5 :Text;
    bytes @6 :Data;
    list @7 :List(Value);
    map @8 :List(Entry);
  }
  struct Entry {
    key @0 :Value;
    value @1 :Value;
  }
}
