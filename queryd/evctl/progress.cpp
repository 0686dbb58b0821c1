#include "queryd/evctl/progress.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/evctl/chart/ticks.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/terminal.h"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>

namespace evd::evctl {

namespace {

constexpr auto kDrawEvery = std::chrono::milliseconds(250);
constexpr int64_t kShownAfterMs = 1'000;  // what is quicker needs no company
constexpr int64_t kMsPerSecond = 1'000;
constexpr int64_t kMsPerMinute = 60 * kMsPerSecond;
constexpr std::string_view kWipe = "\r\x1b[K";

std::string amountText(double amount, ProgressUnit unit) {
    return unit == ProgressUnit::Bytes ? bytesText(static_cast<uint64_t>(amount))
                                       : shortNumber(amount);
}

std::string durationText(int64_t ms) {
    if (ms < kMsPerMinute) {
        return base::cat((ms + kMsPerSecond - 1) / kMsPerSecond, " s");
    }
    return base::cat(ms / kMsPerMinute, " min ", ms % kMsPerMinute / kMsPerSecond, " s");
}

void say(const std::string& text) {
    (void)!::write(STDERR_FILENO, text.data(), text.size());  // it is only company
}

}  // namespace

std::string progressText(const ProgressFacts& facts) {
    const int64_t elapsed_ms = std::max<int64_t>(facts.elapsed_ms, 1);
    const double rate = static_cast<double>(facts.done) * 1000 / static_cast<double>(elapsed_ms);
    std::string text = base::cat(facts.doing, ": ");
    if (facts.done == 0) {
        return base::cat(text, "nothing yet, ", durationText(elapsed_ms));
    }
    text += base::cat(amountText(static_cast<double>(facts.done), facts.unit),
                      facts.unit == ProgressUnit::Records ? " records, " : ", ",
                      amountText(rate, facts.unit), "/s, ");
    if (facts.total == 0 || facts.done > facts.total) {
        return base::cat(text, durationText(elapsed_ms));
    }
    const auto left_ms =
        static_cast<int64_t>(static_cast<double>(facts.total - facts.done) * 1000 / rate);
    const double share = static_cast<double>(facts.done) / static_cast<double>(facts.total);
    return base::cat(text, static_cast<int>(share * 100), " %, ", durationText(left_ms), " left");
}

Progress::Progress(std::string_view doing, ProgressUnit unit, uint64_t total)
    : facts_{doing, unit, 0, total, 0}, started_ns_(base::SystemClock().monotonicNs()) {
    // A pipe that is sent on has no end to wait for, and a person who types needs no figures.
    const bool is_endless = unit == ProgressUnit::Bytes && total == 0;
    if (isTerminal(STDERR_FILENO) && !is_endless) {
        drawer_ = std::make_unique<base::Thread>("progress", [this] { draw(); });
    }
}

void Progress::add(uint64_t amount) {
    const std::lock_guard lock(mutex_);
    facts_.done += amount;
}

void Progress::next(std::string_view doing, uint64_t total) {
    const std::lock_guard lock(mutex_);
    facts_ = {doing, facts_.unit, 0, total, 0};
    started_ns_ = base::SystemClock().monotonicNs();
}

void Progress::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    ended_.notify_all();
    drawer_.reset();
}

void Progress::draw() {
    const base::SystemClock clock;
    bool is_shown = false;
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kDrawEvery, [this] { return is_ending_; })) {
        facts_.elapsed_ms = (clock.monotonicNs() - started_ns_) / base::kNsPerMs;
        if (is_shown || facts_.elapsed_ms >= kShownAfterMs) {
            const size_t columns = terminalColumns(STDERR_FILENO);
            const std::string text = progressText(facts_);
            say(base::cat(kWipe, columns > 1 ? cutToWidth(text, columns - 1) : text));
            is_shown = true;
        }
    }
    if (is_shown) {
        say(std::string(kWipe));
    }
}

uint64_t standardInputBytes() {
    struct stat facts {};
    const off_t at = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    const bool is_file = ::fstat(STDIN_FILENO, &facts) == 0 && S_ISREG(facts.st_mode) && at >= 0;
    return is_file && facts.st_size > at ? static_cast<uint64_t>(facts.st_size - at) : 0;
}

}  // namespace evd::evctl
