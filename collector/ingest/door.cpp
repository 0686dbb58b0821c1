#include "collector/ingest/door.h"

#include "collector/ingest/syslog_line.h"
#include "common/base/text.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace evd::collector {

namespace {

std::string_view nameOf(const wire::LogRecord& record) {
    return record.origin;
}
std::string_view nameOf(const wire::MetricSample& sample) {
    return sample.name;
}

// Takes out what the sender may not send.
template <typename Record>
void dropForbidden(PublishGate& gate, const Sender& sender, std::vector<Record>& records,
                   RejectCounts& rejects) {
    if (gate.isOpen()) {
        return;
    }
    const size_t dropped = std::erase_if(
        records, [&](const Record& record) { return !gate.admits(sender, nameOf(record)); });
    for (size_t i = 0; i < dropped; ++i) {
        rejects.add(Reject::NotPermitted);
    }
}

// A door that hands over at once what it gets.
template <typename Window>
class PromptDoor : public Door {
  public:
    PromptDoor(Window& window, PublishGate gate) : window_(window), gate_(std::move(gate)) {}

    size_t take(std::span<uint8_t> datagram, const Receipt& receipt,
                RejectCounts& rejects) override {
        if (window_.passesOver()) {
            return 0;
        }
        gate_.refresh();
        return takeRecords(datagram, receipt, rejects);
    }
    void endRound(int64_t) override { window_.ring(); }
    int64_t waitNs(int64_t) const override { return -1; }
    void finish(int64_t) override { window_.ring(); }

  protected:
    Window& window_;
    PublishGate gate_;

  private:
    virtual size_t takeRecords(std::span<uint8_t> datagram, const Receipt& receipt,
                               RejectCounts& rejects) = 0;
};

class LogDoor final : public PromptDoor<LogWindow> {
  public:
    using PromptDoor::PromptDoor;

  private:
    size_t takeRecords(std::span<uint8_t> datagram, const Receipt& receipt,
                       RejectCounts& rejects) override {
        records_.clear();
        parser_.parse(datagram, receipt.wall_ns, records_, rejects);
        dropForbidden(gate_, receipt.sender, records_, rejects);
        window_.append(records_);
        return records_.size();
    }

    LogRecordParser parser_;
    std::vector<wire::LogRecord> records_;
};

class SyslogDoor final : public PromptDoor<LogWindow> {
  public:
    using PromptDoor::PromptDoor;

  private:
    size_t takeRecords(std::span<uint8_t> datagram, const Receipt& receipt,
                       RejectCounts& rejects) override {
        const auto record = parseSyslogLine(datagram, receipt.wall_ns);
        if (!record) {
            rejects.add(Reject::BadText);
            return 0;
        }
        if (!gate_.admits(receipt.sender, record->origin)) {
            rejects.add(Reject::NotPermitted);
            return 0;
        }
        window_.append({&*record, 1});
        return 1;
    }
};

class MetricDoor final : public PromptDoor<SampleWindow> {
  public:
    using PromptDoor::PromptDoor;

  private:
    size_t takeRecords(std::span<uint8_t> datagram, const Receipt& receipt,
                       RejectCounts& rejects) override {
        parser_.parse(datagram, receipt.wall_ns, samples_, rejects);
        dropForbidden(gate_, receipt.sender, samples_, rejects);
        window_.append(samples_);
        return samples_.size();
    }

    MetricRecordParser parser_;
    std::vector<wire::MetricSample> samples_;
};

class StatsdDoor final : public Door {
  public:
    StatsdDoor(SampleWindow& window, PublishGate gate) : window_(window), gate_(std::move(gate)) {}

    size_t take(std::span<uint8_t> datagram, const Receipt& receipt,
                RejectCounts& rejects) override {
        gate_.refresh();
        size_t good = 0;
        for (std::string_view rest = base::asText(datagram); !rest.empty();) {
            const size_t end = rest.find('\n');
            const std::string_view line = base::trim(rest.substr(0, end));
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (!line.empty()) {
                const auto reason = takeLine(line, receipt);
                good += reason ? 0 : 1;
                if (reason) {
                    rejects.add(*reason);
                }
            }
        }
        return good;
    }

    void endRound(int64_t monotonic_ns) override {
        if (series_.hasChanges() && waitNs(monotonic_ns) == 0) {
            collect(monotonic_ns);
        }
    }
    int64_t waitNs(int64_t monotonic_ns) const override {
        return series_.hasChanges()
                   ? std::max<int64_t>(0, first_change_ns_ + kStatsdCollectNs - monotonic_ns)
                   : -1;
    }
    void finish(int64_t monotonic_ns) override { collect(monotonic_ns); }

  private:
    std::optional<Reject> takeLine(std::string_view text, const Receipt& receipt) {
        const auto line = parseStatsdLine(text);
        if (const Reject* reason = std::get_if<Reject>(&line)) {
            return *reason;
        }
        const StatsdLine& parsed = *std::get_if<StatsdLine>(&line);
        if (!gate_.admits(receipt.sender, parsed.name)) {
            return Reject::NotPermitted;
        }
        const bool had_changes = series_.hasChanges();
        const auto reason = series_.apply(parsed, receipt.wall_ns, receipt.monotonic_ns);
        if (!had_changes && series_.hasChanges()) {
            first_change_ns_ = receipt.monotonic_ns;
        }
        return reason;
    }
    void collect(int64_t monotonic_ns) {
        series_.collect(monotonic_ns, samples_);
        window_.append(samples_);
        window_.ring();
    }

    SampleWindow& window_;
    PublishGate gate_;
    StatsdSeries series_;
    std::vector<wire::MetricSample> samples_;
    int64_t first_change_ns_ = 0;
};

}  // namespace

std::unique_ptr<Door> makeLogDoor(LogWindow& window, PublishGate gate) {
    return std::make_unique<LogDoor>(window, std::move(gate));
}

std::unique_ptr<Door> makeSyslogDoor(LogWindow& window, PublishGate gate) {
    return std::make_unique<SyslogDoor>(window, std::move(gate));
}

std::unique_ptr<Door> makeMetricDoor(SampleWindow& window, PublishGate gate) {
    return std::make_unique<MetricDoor>(window, std::move(gate));
}

std::unique_ptr<Door> makeStatsdDoor(SampleWindow& window, PublishGate gate) {
    return std::make_unique<StatsdDoor>(window, std::move(gate));
}

}  // namespace evd::collector
