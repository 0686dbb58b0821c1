#include "store/synthetic.h"

#include "common/wire/msgpack.h"

namespace evd::store {

namespace {

void writeResumePoints(wire::MsgpackWriter& out, const std::vector<wire::ResumePoint>& points) {
    out.arrayHeader(static_cast<uint32_t>(points.size()));
    for (const wire::ResumePoint& point : points) {
        out.mapHeader(2);
        out.text("cpu_id");
        out.unsignedInteger(point.cpu);
        out.text("sequence");
        out.unsignedInteger(point.sequence);
    }
}

void writeTypedValue(wire::MsgpackWriter& out, const std::vector<uint8_t>& value) {
    if (value.empty()) {
        out.nil();
    } else {
        out.raw(value);
    }
}

}  // namespace

SyntheticEvent startupEvent(int64_t wall_ns, const StartupFacts& facts) {
    SyntheticEvent event{kStartupType, wall_ns, std::nullopt, {}};
    wire::MsgpackWriter out(event.payload);
    out.mapHeader(4);
    out.text("boot_id");
    out.text(base::formatGuid(facts.boot_id));
    out.text("restart");
    out.boolean(facts.is_restart);
    out.text("shard_count");
    out.unsignedInteger(facts.shard_count);
    out.text("resume");
    writeResumePoints(out, facts.resume);
    return event;
}

SyntheticEvent shutdownEvent(int64_t wall_ns, const std::vector<wire::ResumePoint>& last) {
    SyntheticEvent event{kShutdownType, wall_ns, std::nullopt, {}};
    wire::MsgpackWriter out(event.payload);
    out.mapHeader(1);
    out.text("last");
    writeResumePoints(out, last);
    return event;
}

SyntheticEvent gapEvent(int64_t wall_ns, uint16_t cpu, const wire::Gap& gap) {
    // Spec §2.5: the timestamp of the last event before the gap is there only when there was one.
    const bool has_last = gap.last_timestamp_ns != 0;
    SyntheticEvent event{kGapType, wall_ns, cpu, {}};
    wire::MsgpackWriter out(event.payload);
    out.mapHeader(has_last ? 6 : 5);
    out.text("cpu_id");
    out.unsignedInteger(cpu);
    out.text("first_missing");
    out.unsignedInteger(gap.first_missing);
    out.text("last_missing");
    out.unsignedInteger(gap.last_missing);
    out.text("count");
    out.unsignedInteger(gap.last_missing - gap.first_missing + 1);
    if (has_last) {
        out.text("last_timestamp");
        out.integer(gap.last_timestamp_ns);
    }
    out.text("reveal_timestamp");
    out.integer(gap.reveal_timestamp_ns);
    return event;
}

SyntheticEvent configChangeEvent(int64_t wall_ns, std::string_view key,
                                 const std::vector<uint8_t>& old_value,
                                 const std::vector<uint8_t>& new_value) {
    SyntheticEvent event{kConfigChangeType, wall_ns, std::nullopt, {}};
    wire::MsgpackWriter out(event.payload);
    out.mapHeader(3);
    out.text("key");
    out.text(key);
    out.text("old");
    writeTypedValue(out, old_value);
    out.text("new");
    writeTypedValue(out, new_value);
    return event;
}

SyntheticEvent storageErrorEvent(int64_t wall_ns, std::string_view store,
                                 std::optional<uint16_t> shard, std::string_view error) {
    SyntheticEvent event{kStorageErrorType, wall_ns, std::nullopt, {}};
    wire::MsgpackWriter out(event.payload);
    out.mapHeader(shard ? 3 : 2);
    out.text("store");
    out.text(store);
    if (shard) {
        out.text("shard");
        out.unsignedInteger(*shard);
    }
    out.text("error");
    out.text(error);
    return event;
}

}  // namespace evd::store
