@0xe5a9c3f1d7b26403;
# supervisor ↔ child, over the socket pair that every child inherits as descriptor 3. The child's
# bootstrap capability is a Child; the supervisor hands its own capability over in start.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("evd::schema");

using Record = import "record.capnp";

struct Setting {
  # One effective setting, by its name in PSD-008 §12 or contracts §3 (`Linux\Sensors`).
  name @0 :Text;
  union {
    number @1 :UInt64;
    text @2 :Text;
    list @3 :List(Text);
    bytes @4 :Data;
  }
}

struct SecurityRule {
  # One descriptor of the configuration, under the pattern it is for (PSD-008 §9.1). A sender keeps
  # within the limits of access::SecurityPolicy; more is refused.
  enum Kind {
    events @0;
    logs @1;
    metrics @2;
    publishLogs @3;
    publishMetrics @4;
  }
  kind @0 :Kind;
  pattern @1 :Text;
  descriptor @2 :Data;
  # Self-relative; empty when the pattern was set to nothing.
  readable @3 :Bool;
  # False when the configuration holds something that is no descriptor; nobody gets anything then.
}

struct ResumePoint {
  # The greatest sequence number the stores account for on a cpu in this boot.
  cpu @0 :UInt16;
  sequence @1 :UInt64;
}

struct StartParams {
  settings @0 :List(Setting);
  bootId @1 :Data;
  # 16 bytes, Microsoft order.
  supervisor @2 :Supervisor;
  resume @3 :List(ResumePoint);
  ownerUid @4 :UInt32;
  # The uid that started the group; it counts as SYSTEM (Ruling A8).
  adminGids @5 :List(UInt32);
  emitGids @6 :List(UInt32);
  restart @7 :Bool;
  # True when the child replaces one that died in this group's lifetime.
  security @8 :List(SecurityRule);
  # Only for those who enforce descriptors or record their changes: queryd, the store and ingest.
  sensorUid @9 :UInt32 = 4294967295;
  # Whom the sensor runs as, when that is a user of its own: what it sends is the group's own. For
  # ingest, which sees the sender of a datagram by its uid only.
}

struct StartResult {
  resume @0 :List(ResumePoint);
  # From the store; empty from everyone else.
}

struct Measure {
  # One figure of a process for `evctl status`, e.g. "ring.0.fill_percent". Those whose names begin
  # with "reject." are for the report of SIGQUIT alone; groupStatus leaves them out.
  name @0 :Text;
  value @1 :Int64;
}

struct ProcessStatus {
  name @0 :Text;
  state @1 :Text;
  # starting, running, draining, backing off, stopped
  pid @2 :Int32;
  restarts @3 :UInt32;
  startedWallNs @4 :Int64;
  memoryBytes @5 :UInt64;
  measures @6 :List(Measure);
  lastExit @7 :Text;
  # How the previous incarnation ended, "" when there was none.
  crashes @8 :List(CrashReport);
  # The last few ends that nobody had asked for, the newest last.
  settings @9 :List(SettingNotice);
  # Of the supervisor alone: what stands in the configuration and is not in force.
  upgrade @10 :Text;
  # Of the supervisor alone: how far an upgrade in place is or was, "" when there was none.
}

struct CrashReport {
  wallNs @0 :Int64;
  pid @1 :Int32;
  how @2 :Text;
  output @3 :List(Text);
  # The last lines that it wrote to stderr, made printable.
}

struct SettingNotice {
  name @0 :Text;
  running @1 :Text;
  configured @2 :Text;
  reason @3 :Text;
  # Why it was refused; "" when it only waits for the next start.
}

interface FdCarrier {
  # Carries exactly one file descriptor; has no methods.
}

interface Child {
  # Served by each child to its supervisor. The supervisor calls takeFd for each descriptor the
  # child needs, then start once, then the rest in any order.
  start @0 (params :StartParams) -> (result :StartResult);
  # The answer means: set up, confined and serving. An error ends the child.
  takeFd @1 (name :Text, fd :FdCarrier);
  # A named edge or socket. After start it replaces the edge of that name (its peer was restarted).
  heartbeat @2 () -> (measures :List(Measure));
  # Every second; a child that does not answer for HeartbeatTimeout is killed and restarted. More than
  # 32768 measures, or a name of more than 128 bytes, is no answer.
  configure @3 (settings :List(Setting), security :List(SecurityRule));
  # All settings again after a change, and all descriptors for those who were given them at the
  # start; the child applies the live ones.
  drain @4 (successor :Bool);
  # Take nothing new in, finish what is held, close what must be closed, then answer. After the
  # answer the child is told to exit by closing the connection. With a successor there is no hurry:
  # the group goes on, and nothing need be given up.
}

interface Supervisor {
  # Held by one child; speaks for that child only.
  park @0 (name :Text, fd :FdCarrier);
  # Keep this descriptor for my successor, under this name (kmesd's rings, Ruling K6). Replaces
  # an earlier one of that name.
  unpark @1 (prefix :Text);
  # Drop every parked descriptor whose name starts with the prefix.
  groupStatus @2 () -> (processes :List(ProcessStatus));
  # For queryd, which shows it to people.
}
