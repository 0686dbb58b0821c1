#include "queryd/evctl/top_command.h"

#include "common/base/text.h"
#include "queryd/evctl/full_screen.h"
#include "queryd/evctl/in_place.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/terminal.h"
#include "queryd/evctl/top_frame.h"

#include <unistd.h>
#include <algorithm>

namespace evd::evctl {

namespace {

constexpr int kIntervalMs = 2'000;
constexpr int kRateSeconds = 10;  // that the rates are counted over
constexpr size_t kRatesKept = 20;
constexpr size_t kColumnsUsual = 80;
constexpr uint64_t kLimitMs = 5'000;  // for each question; a slow store is no reason to hang

// The records of a COUNT BY, as rates.
class RateReader final : public queryd::AnswerReader {
  public:
    explicit RateReader(std::string_view name_field) : name_field_(name_field) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        std::vector<FieldView> fields;
        EVD_TRY(readFields(record, fields));
        const FieldView* name = findField(fields, name_field_);
        const FieldView* count = findField(fields, "count");
        if (name == nullptr || count == nullptr) {
            return {};
        }
        const double rate = numberOf(count->value).value_or(0) / kRateSeconds;
        total_ += rate;
        if (rates_.size() < kRatesKept) {
            rates_.push_back({std::string(textOf(name->value).value_or("")), rate});
        }
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }

    std::vector<NamedRate> rates() && { return std::move(rates_); }
    double total() const { return total_; }

  private:
    std::string_view name_field_;
    std::vector<NamedRate> rates_;
    double total_ = 0;
};

class Top {
  public:
    explicit Top(const SessionContext& context) : context_(context) {}

    base::Result<void> run() {
        EVD_TRY(look());
        if (context_.arguments.once || !context_.output_is_terminal) {
            context_.output.buffer() += topFrame(state_, styleOf(/*is_full=*/false));
            return context_.output.flush();
        }
        FullScreen screen;
        signals_ = screen.signals();
        client_->interruptBy(signals_);
        while (true) {
            EVD_TRY(draw());
            const auto wake = screen.wait(kIntervalMs);
            if (wake == FullScreen::Wake::End) {
                return {};
            }
            if (wake == FullScreen::Wake::Time) {
                const auto looked = look();
                note_ = looked.ok() ? "" : looked.error().text;
            }
        }
    }

  private:
    // The group may be restarted meanwhile: each look that fails makes the connection anew.
    base::Result<void> look() {
        if (!client_) {
            auto connected = queryd::connectRpcClient(context_.sockets.rpc);
            if (!connected.ok()) {
                return nobodyAnswers(context_.sockets.rpc, connected.error());
            }
            client_ = std::move(connected).value();
            if (signals_ >= 0) {
                client_->interruptBy(signals_);
            }
        }
        const auto seen = ask();
        if (!seen.ok()) {
            client_.reset();
        }
        return seen;
    }

    base::Result<void> ask() {
        auto status = client_->status();
        if (!status.ok() && status.error().kind != base::ErrorKind::Denied) {
            return status.error();
        }
        state_.status = status.ok() ? std::optional(std::move(status).value()) : std::nullopt;
        RateReader types("event_type");
        RateReader origins("origin");
        const queryd::AskOptions options{kLimitMs, /*watch=*/false};
        EVD_TRY(client_->ask(base::cat("EVENTS SINCE ", kRateSeconds, "s ago COUNT BY event_type"),
                             options, types));
        EVD_TRY(client_->ask(base::cat("LOGS SINCE ", kRateSeconds, "s ago COUNT BY origin"),
                             options, origins));
        state_.now_ns = context_.clock.wallNs();
        state_.events_per_second = types.total();
        state_.lines_per_second = origins.total();
        state_.types = std::move(types).rates();
        state_.origins = std::move(origins).rates();
        remember(state_.events_per_second, state_.event_history);
        remember(state_.lines_per_second, state_.line_history);
        return {};
    }

    static void remember(double value, std::deque<double>& history) {
        history.push_back(value);
        if (history.size() > kTopHistoryMax) {
            history.pop_front();
        }
    }

    TopStyle styleOf(bool is_full) const {
        TopStyle style;
        const size_t columns = terminalColumns(STDOUT_FILENO);
        style.columns = columns > 0 ? columns : kColumnsUsual;
        // The last line stays free, so that nothing scrolls.
        style.rows = is_full ? std::max<size_t>(terminalRows(STDOUT_FILENO), 2) - 1 : 0;
        style.unicode = context_.unicode;
        style.color = styleFor(context_).color;
        style.utc = context_.arguments.utc;
        return style;
    }

    base::Result<void> draw() {
        const TopStyle style = styleOf(/*is_full=*/true);
        std::string frame = topFrame(state_, style);
        if (!note_.empty()) {
            frame = base::cat(cutToWidth(printable(note_), style.columns), '\n', frame);
        }
        // Its lines have their width, and colours, which count for nothing.
        context_.output.buffer() += inPlace(frame, style.rows + 1, /*columns=*/0);
        return context_.output.flush();
    }

    const SessionContext& context_;
    std::unique_ptr<queryd::RpcClient> client_;
    int signals_ = -1;  // of the screen, once there is one
    TopState state_;
    std::string note_;  // what went wrong last
};

}  // namespace

base::Result<void> runTop(const SessionContext& context) {
    return Top(context).run();
}

}  // namespace evd::evctl
