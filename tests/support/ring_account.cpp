#include "tests/support/ring_account.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::test {

namespace {

// A reader that is killed may have asked for a ring in its last moment.
constexpr int64_t kDyingMs = 50;
constexpr uint64_t kNearNumbers = 300;

}  // namespace

void RingAccount::wrote(uint64_t first, uint64_t last, int64_t at_ms) {
    written_.push_back({first, last, at_ms});
}

void RingAccount::gone(uint64_t through, int64_t at_ms) {
    gone_.push_back({through, at_ms});
}

void RingAccount::readerLeft(int64_t at_ms) {
    const std::lock_guard lock(mutex_);
    absences_.push_back({at_ms, kNever});
}

void RingAccount::readerCame(int64_t at_ms) {
    const std::lock_guard lock(mutex_);
    Absence& last = absences_.back();
    if (last.came_ms == kNever && at_ms >= last.left_ms + kDyingMs) {
        last.came_ms = at_ms;
    }
}

// Whether what was written then may have found no reader, or one that took it along when it died.
bool RingAccount::wasUnattended(int64_t at_ms) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(absences_.begin(), absences_.end(), [&](const Absence& absence) {
        return at_ms >= absence.left_ms - kReadWithinMs &&
               at_ms <= absence.came_ms + kComesWithinMs;
    });
}

RingAccount::Owed RingAccount::owedIn(uint64_t first, uint64_t last) const {
    Owed owed;
    int64_t given_up_until_ms = 0;
    auto gone =
        std::lower_bound(gone_.begin(), gone_.end(), first,
                         [](const Gone& at, uint64_t number) { return at.through < number; });
    auto batch =
        std::lower_bound(written_.begin(), written_.end(), first,
                         [](const Written& at, uint64_t number) { return at.last < number; });
    for (; batch != written_.end() && batch->first <= last; ++batch) {
        const bool is_excused = wasUnattended(batch->at_ms);
        const uint64_t end = std::min(batch->last, last);
        for (uint64_t number = std::max(batch->first, first); number <= end; ++number) {
            if (headers_.contains(number)) {
                given_up_until_ms = batch->at_ms + kReadWithinMs;
            }
            while (gone != gone_.end() && gone->through < number) {
                ++gone;
            }
            const bool is_gone_early =
                gone != gone_.end() && gone->at_ms < batch->at_ms + kReadWithinMs;
            if (!is_excused && !is_gone_early && batch->at_ms > given_up_until_ms &&
                !contents_.contains(number)) {
                owed.first = owed.count++ == 0 ? number : owed.first;
            }
        }
    }
    return owed;
}

std::string RingAccount::told(uint64_t number) const {
    const auto batch =
        std::lower_bound(written_.begin(), written_.end(), number,
                         [](const Written& at, uint64_t wanted) { return at.last < wanted; });
    if (batch == written_.end() || batch->first > number) {
        return "it was not written";
    }
    std::string text = base::cat("written with ", batch->first, "..", batch->last);
    const auto gone =
        std::lower_bound(gone_.begin(), gone_.end(), number,
                         [](const Gone& at, uint64_t wanted) { return at.through < wanted; });
    if (gone != gone_.end()) {
        text += base::cat(", gone after ", gone->at_ms - batch->at_ms, " ms");
    }
    for (uint64_t near = number > kNearNumbers ? number - kNearNumbers : 1;
         near <= number + kNearNumbers; ++near) {
        if (wasDamaged(near)) {
            text += base::cat(", ", near, headers_.contains(near) ? " damaged" : " changed");
        }
    }
    for (const auto& [at_ms, what] : happenings_) {
        if (at_ms > batch->at_ms - kReadWithinMs && at_ms < batch->at_ms + kReadWithinMs) {
            text += base::cat(", ", what, " at ", at_ms - batch->at_ms, " ms");
        }
    }
    return text;
}

uint64_t RingAccount::countOwed() const {
    return written_.empty() ? 0 : owedIn(1, written_.back().last).count;
}

}  // namespace evd::test
