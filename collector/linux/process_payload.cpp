#include "collector/linux/process_payload.h"

#include "collector/linux/redaction.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/wire/msgpack.h"

#include <sys/wait.h>

#include <algorithm>
#include <limits>

namespace evd::collector {

namespace {

// A map whose pairs are counted while they are written.
class PairWriter {
  public:
    explicit PairWriter(std::vector<uint8_t>& out) : writer_(out), opened_at_(writer_.openMap()) {}

    void number(std::string_view key, int64_t value) {
        begin(key);
        writer_.integer(value);
    }
    template <typename Number>
    void numberIfKnown(std::string_view key, const std::optional<Number>& value) {
        if (value.has_value()) {
            number(key, static_cast<int64_t>(*value));
        }
    }
    void text(std::string_view key, std::string_view value) {
        begin(key);
        writer_.text(base::toUtf8(value));
    }
    void textIfKnown(std::string_view key, const std::optional<std::string>& value) {
        if (value.has_value()) {
            text(key, *value);
        }
    }
    void yes(std::string_view key) {
        begin(key);
        writer_.boolean(true);
    }
    void close() { writer_.setMapCount(opened_at_, pairs_); }

  private:
    void begin(std::string_view key) {
        writer_.text(key);
        ++pairs_;
    }

    wire::MsgpackWriter writer_;
    size_t opened_at_;
    uint32_t pairs_ = 0;
};

void writeEnd(PairWriter& pairs, int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        pairs.number("exit_signal", WTERMSIG(wait_status));
        if (WCOREDUMP(wait_status)) {
            pairs.yes("core_dumped");
        }
    } else {
        pairs.number("exit_code", WEXITSTATUS(wait_status));
    }
}

}  // namespace

int64_t BootTime::wallNsOf(uint64_t ticks) const {
    const int64_t tick_ns = base::kNsPerSecond / ticks_per_second;
    const auto ticks_max =
        static_cast<uint64_t>((std::numeric_limits<int64_t>::max() - boot_wall_ns) / tick_ns);
    return boot_wall_ns + static_cast<int64_t>(std::min(ticks, ticks_max)) * tick_ns;
}

SensorEvent makeProcessEvent(std::string_view type, const ProcessInfo& info,
                             const ProcessChange& change, const BootTime& boot) {
    SensorEvent event{type, {}};
    PairWriter pairs(event.payload);
    pairs.number("pid", info.pid);
    pairs.numberIfKnown("ppid", info.parent_pid);
    pairs.numberIfKnown("uid", info.uid);
    pairs.numberIfKnown("gid", info.gid);
    pairs.textIfKnown("name", info.name);
    if (info.executable_path.has_value()) {
        pairs.text("executable_path", redactPath(*info.executable_path));
    }
    if (!info.arguments.empty() || info.arguments_cut) {
        pairs.text("command_line", showCommandLine(info.arguments, info.arguments_cut));
    }
    if (info.start_ticks.has_value()) {
        pairs.number("start_time", boot.wallNsOf(*info.start_ticks));
    }
    if (change.wait_status.has_value()) {
        writeEnd(pairs, *change.wait_status);
    }
    pairs.numberIfKnown("old_uid", change.old_uid);
    pairs.numberIfKnown("new_uid", change.new_uid);
    pairs.textIfKnown("old_name", change.old_name);
    pairs.textIfKnown("new_name", change.new_name);
    if (change.is_reconstructed) {
        pairs.yes("reconstructed");
    }
    pairs.close();
    return event;
}

}  // namespace evd::collector
