#include "queryd/evctl/event_lane.h"

#include "common/base/text.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/record_fields.h"
#include "queryd/evctl/pause.h"

#include <algorithm>

namespace evd::evctl {

namespace {

constexpr int kLookEveryMs = 10;
constexpr int kRetryMs = 100;
constexpr int kTriesMax = 300;  // of a batch for which there is no room
constexpr int kBlindWaitMs = 1'000;
constexpr size_t kBatchBytesMax = 512 * 1024;

// The one number that COUNT answers.
class CountReader final : public queryd::AnswerReader {
  public:
    base::Result<void> record(std::span<const uint8_t> record) override {
        std::vector<FieldView> fields;
        EVD_TRY(readFields(record, fields));
        const FieldView* count = findField(fields, "count");
        count_ += count == nullptr ? 0 : static_cast<uint64_t>(numberOf(count->value).value_or(0));
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }
    uint64_t count() const { return count_; }

  private:
    uint64_t count_ = 0;
};

}  // namespace

base::Result<void> EventLane::open() {
    auto client = kmes::connectEmitClient(context_.sockets.kmes);
    if (!client.ok()) {
        return nobodyAnswers(context_.sockets.kmes, client.error());
    }
    client_ = std::move(client).value();
    return {};
}

base::Result<void> EventLane::send(std::string_view type, std::span<const uint8_t> payload,
                                   uint64_t line) {
    pending_.push_back({std::string(type), {payload.begin(), payload.end()}, line});
    pending_bytes_ += type.size() + payload.size();
    const bool is_full =
        pending_.size() >= kmes::kEmitBatchEntriesMax || pending_bytes_ >= kBatchBytesMax;
    if (!is_full) {
        return {};
    }
    EVD_TRY(flush());
    if (window_bytes_ >= kEventWindowBytes) {
        waitUntilSeen();
    }
    return {};
}

base::Result<void> EventLane::finish() {
    EVD_TRY(flush());
    waitUntilSeen();
    return {};
}

base::Result<void> EventLane::flush() {
    window_began_ns_ = window_events_ == 0 ? context_.clock.wallNs() : window_began_ns_;
    std::vector<kmes::EmitEntry> entries;
    for (const Pending& pending : pending_) {
        entries.push_back({pending.type, pending.payload});
    }
    size_t done = 0;
    int tries = 0;
    while (done < entries.size()) {
        const auto outcome = client_->emitBatch(std::span(entries).subspan(done));
        emitted_ += outcome.emitted;
        window_events_ += outcome.emitted;
        tries = outcome.emitted > 0 ? 0 : tries;
        done += outcome.emitted;
        if (outcome.error) {
            EVD_TRY(afterFailure(*outcome.error, done, tries));
            done += outcome.error->kind == base::ErrorKind::Invalid ? 1 : 0;
        }
    }
    window_bytes_ += pending_bytes_;
    pending_bytes_ = 0;
    pending_.clear();
    return {};
}

// Good when it is worth going on: with the same event, or behind one that was refused.
base::Result<void> EventLane::afterFailure(const base::Error& error, size_t at, int& tries) {
    if (error.kind == base::ErrorKind::Invalid && at < pending_.size()) {
        ++refused_;
        report_.notUnderstood("an event that KMES refuses", pending_[at].line, error.text);
        return {};
    }
    if (error.kind == base::ErrorKind::Busy && ++tries < kTriesMax) {
        pauseFor(kRetryMs);
        return {};
    }
    return base::fail(error.kind,
                      base::cat(error.text, "; ", emitted_, " events were emitted before"));
}

base::Result<uint64_t> EventLane::seenSince(int64_t wall_ns) const {
    const auto channel = openChannel(context_);
    if (!channel.ok()) {
        return channel.error();
    }
    CountReader reader;
    EVD_TRY(channel.value()->ask(
        base::cat("EVENTS \"", pattern_, "\" SINCE \"", base::formatIsoTime(wall_ns), "\" COUNT"),
        {context_.arguments.timeout_ms, false}, reader));
    return reader.count();
}

void EventLane::waitUntilSeen() {
    const int64_t until_ns = context_.clock.monotonicNs() + kEventPatienceMs * base::kNsPerMs;
    uint64_t seen = 0;
    while (is_seeing_ && seen < window_events_) {
        const auto count = seenSince(window_began_ns_);
        seen = count.ok() ? std::min(count.value(), window_events_) : seen;
        is_seeing_ = seen >= window_events_ || context_.clock.monotonicNs() < until_ns;
        pauseFor(seen < window_events_ ? kLookEveryMs : 0);
    }
    stored_ += seen;
    if (!is_seeing_ && window_bytes_ >= kEventWindowBytes) {
        pauseFor(kBlindWaitMs);
    }
    window_bytes_ = 0;
    window_events_ = 0;
}

}  // namespace evd::evctl
