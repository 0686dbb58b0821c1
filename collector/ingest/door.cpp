#include "collector/ingest/door.h"

#include "collector/ingest/syslog_line.h"
#include "common/base/text.h"

#include <algorithm>
#include <variant>

namespace evd::collector {

namespace {

// A door that hands over at once what it gets.
template <typename Window>
class PromptDoor : public Door {
  public:
    explicit PromptDoor(Window& window) : window_(window) {}

    size_t take(std::span<uint8_t> datagram, const ReceiptTime& time,
                RejectCounts& rejects) override {
        return window_.passesOver() ? 0 : takeRecords(datagram, time, rejects);
    }
    void endRound(int64_t) override { window_.ring(); }
    int64_t waitNs(int64_t) const override { return -1; }
    void finish(int64_t) override { window_.ring(); }

  protected:
    Window& window_;

  private:
    virtual size_t takeRecords(std::span<uint8_t> datagram, const ReceiptTime& time,
                               RejectCounts& rejects) = 0;
};

class LogDoor final : public PromptDoor<LogWindow> {
  public:
    using PromptDoor::PromptDoor;

  private:
    size_t takeRecords(std::span<uint8_t> datagram, const ReceiptTime& time,
                       RejectCounts& rejects) override {
        records_.clear();
        parser_.parse(datagram, time.wall_ns, records_, rejects);
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
    size_t takeRecords(std::span<uint8_t> datagram, const ReceiptTime& time,
                       RejectCounts& rejects) override {
        const auto record = parseSyslogLine(datagram, time.wall_ns);
        if (!record) {
            rejects.add(Reject::BadText);
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
    size_t takeRecords(std::span<uint8_t> datagram, const ReceiptTime& time,
                       RejectCounts& rejects) override {
        parser_.parse(datagram, time.wall_ns, samples_, rejects);
        window_.append(samples_);
        return samples_.size();
    }

    MetricRecordParser parser_;
    std::vector<wire::MetricSample> samples_;
};

class StatsdDoor final : public Door {
  public:
    explicit StatsdDoor(SampleWindow& window) : window_(window) {}

    size_t take(std::span<uint8_t> datagram, const ReceiptTime& time,
                RejectCounts& rejects) override {
        size_t good = 0;
        for (std::string_view rest = base::asText(datagram); !rest.empty();) {
            const size_t end = rest.find('\n');
            const std::string_view line = base::trim(rest.substr(0, end));
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (!line.empty()) {
                const auto reason = takeLine(line, time);
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
    std::optional<Reject> takeLine(std::string_view text, const ReceiptTime& time) {
        const auto line = parseStatsdLine(text);
        if (const Reject* reason = std::get_if<Reject>(&line)) {
            return *reason;
        }
        const bool had_changes = series_.hasChanges();
        const auto reason =
            series_.apply(*std::get_if<StatsdLine>(&line), time.wall_ns, time.monotonic_ns);
        if (!had_changes && series_.hasChanges()) {
            first_change_ns_ = time.monotonic_ns;
        }
        return reason;
    }
    void collect(int64_t monotonic_ns) {
        series_.collect(monotonic_ns, samples_);
        window_.append(samples_);
        window_.ring();
    }

    SampleWindow& window_;
    StatsdSeries series_;
    std::vector<wire::MetricSample> samples_;
    int64_t first_change_ns_ = 0;
};

}  // namespace

std::unique_ptr<Door> makeLogDoor(LogWindow& window) {
    return std::make_unique<LogDoor>(window);
}

std::unique_ptr<Door> makeSyslogDoor(LogWindow& window) {
    return std::make_unique<SyslogDoor>(window);
}

std::unique_ptr<Door> makeMetricDoor(SampleWindow& window) {
    return std::make_unique<MetricDoor>(window);
}

std::unique_ptr<Door> makeStatsdDoor(SampleWindow& window) {
    return std::make_unique<StatsdDoor>(window);
}

}  // namespace evd::collector
