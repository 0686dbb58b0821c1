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

interface Session {
  query @0 (text :Text, options :QueryOptions, sink :ResultSink) -> (running :RunningQuery);
  # Parses and starts. Errors of the text come back as an exception of type failed whose message is
  # the one sentence for a person. Records go to the sink; dropping `running` cancels.
  status @1 () -> (processes :List(Supervise.ProcessStatus), queriesRunning :UInt32,
                   queriesStreaming :UInt32);
  # What `evctl status` shows. SYSTEM and Administrators only.
  explain @2 (text :Text, options :QueryOptions, sink :ResultSink) -> (running :RunningQuery);
  # Runs the question and sends, instead of its answer, records that tell how it was answered:
  # first the plan, then what each step has read of each database, then the whole (docs/rpc.md).
  # Of a streaming question only the initial result is made; INDEX does nothing. Otherwise like
  # query, and it reads no more than query would for the same caller.
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
