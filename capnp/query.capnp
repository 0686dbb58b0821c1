@0xc8e6f0b3a5d17205;
# The public query interface, over a Unix stream socket (RpcSocketPath), two-party Cap'n Proto. The
# bootstrap capability is the Session of the connecting identity. Same language and same answers as
# the msgpack protocol (PSD-008 §8.8), with typed values and flow control.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

using Record = import "record.capnp";
using Supervise = import "supervise.capnp";

struct Field {
  name @0 :Text;
  value @1 :Record.Value;
}

struct ResultRecord {
  fields @0 :List(Field);
}

struct QueryOptions {
  timeoutMs @0 :UInt32;
  # Lowers QueryTimeoutMs; 0 leaves it.
}

struct SlowQuery {
  # A question that takes long, or took long within the last ten minutes.
  text @0 :Text;
  # Its beginning.
  tookMs @1 :UInt64;
  # Until now, while it runs.
  running @2 :Bool;
}

interface Session {
  query @0 (text :Text, options :QueryOptions, sink :ResultSink) -> (running :RunningQuery);
  # Parses and starts. Errors of the text come back as an exception of type failed whose message is
  # the one sentence for a person. Records go to the sink; dropping `running` cancels.
  status @1 () -> (processes :List(Supervise.ProcessStatus), queriesRunning :UInt32,
                   queriesStreaming :UInt32, slowest :List(SlowQuery));
  # What `evctl status` shows. SYSTEM and Administrators only.
  explain @2 (text :Text, options :QueryOptions, sink :ResultSink) -> (running :RunningQuery);
  # Runs the question and sends, instead of its answer, records that tell how it was answered:
  # first the plan, then what each step has read of each database, then the whole (docs/rpc.md).
  # Of a streaming question only the initial result is made; INDEX does nothing. Otherwise like
  # query, and it reads no more than query would for the same caller.
  eventStore @3 () -> (store :EventStore);
  # The event store itself, by its global sequence, as far as the caller may see it (docs/rpc.md).
}

struct StoredEvent {
  # One event as it is stored. GUIDs are 16 bytes in Microsoft order; empty is none.
  id @0 :Int64;
  # Of the global sequence: unique in the whole store, ascending in the order of answers.
  bootId @1 :Data;
  timestamp @2 :Int64;
  # Wall nanoseconds.
  type @3 :Text;
  cpu @4 :Int32 = -1;
  # -1: none.
  sequence @5 :UInt64;
  # Of its cpu in its boot; 0: none, as of the records that eventd makes itself.
  originClass @6 :Int16 = -1;
  effectiveToken @7 :Data;
  trueToken @8 :Data;
  process @9 :Data;
  payload @10 :Data;
  # msgpack; empty is none.
}

struct StreamCursor {
  # A place in one cpu's events.
  sequence @0 :UInt64;
  # Those above it are wanted.
  id @1 :Int64;
  # Where in the store to look for them: as the last answer said. 0 looks from the beginning.
}

interface EventStore {
  # The durable way to follow the store. A cursor is the id of the last event that was taken; 0 is
  # the beginning. It holds over restarts of everything: who keeps it with what they did loses
  # nothing, and does nothing twice. Answers end at the stable id, below which nothing can come any
  # more. A call counts as a query against the limits of queries, a subscription as a streaming one.
  readFrom @0 (cursor :Int64, limit :UInt32)
      -> (events :List(StoredEvent), next :Int64, stableId :Int64, complete :Bool);
  # The events behind the cursor, oldest first, out of every database there is. At most `limit`, at
  # most 4096 (also when limit is 0), and about 1 MiB. `next` is the cursor for the next call;
  # `complete` says that there was no more. Fails with overloaded when the store is away; ask again.
  readStream @1 (cpu :UInt16, bootId :Data, cursor :StreamCursor, limit :UInt32)
      -> (events :List(StoredEvent), next :StreamCursor, stableId :Int64, complete :Bool);
  # One cpu's events of one boot, the running one when bootId is empty, in the order of their sequence
  # numbers. An answer may hold fewer events than there are, even none, without being complete: go on
  # from `next`.
  subscribeFrom @2 (cursor :Int64, receiver :EventReceiver) -> (subscription :Subscription);
  # Sends every event behind the cursor, those that are there and then those that come, each once
  # and in the order of ids, until the subscription is dropped.
}

interface Subscription {
  # Holds the subscription; dropping it ends it. At most 16 on one connection.
}

interface EventReceiver {
  # Implemented by the client; flow-controlled by streaming calls. A client that takes nothing for
  # ten seconds loses its subscription, and goes on from its cursor with a new one.
  events @0 (events :List(StoredEvent)) -> stream;
  failed @1 (error :Text) -> ();
  # The subscription has ended. What was received before stays good.
}

interface RunningQuery {
  # Holds the query alive; dropping it cancels.
}

interface ResultSink {
  # Implemented by the client; flow-controlled by streaming calls.
  records @0 (records :List(ResultRecord)) -> stream;
  watch @1 () -> ();
  # The initial result of a streaming query is complete; what follows is live.
  end @2 () -> ();
  # No more records. Not called for streaming queries.
  failed @3 (error :Text) -> ();
  # The query ended badly; records sent before are void.
}
