#include "queryd/evctl/page_walk.h"

#include "common/base/text.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace evd::evctl {

namespace {

using base::cat;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kWidthFactorMax = 4;  // from one page to the next

int64_t addTo(int64_t ns, int64_t width_ns) {
    int64_t sum = 0;
    return __builtin_add_overflow(ns, width_ns, &sum) ? kForever : sum;
}

// A width in which three quarters of a page are to be expected, after one that had so many: a full
// page costs the server more than one with an end, because it must look for the rest, and we more,
// because its last moment comes again.
int64_t nextWidth(int64_t width_ns, uint64_t count, uint64_t records_max) {
    const __int128 widest = static_cast<__int128>(width_ns) * kWidthFactorMax;
    const __int128 fitting = count == 0 ? widest
                                        : static_cast<__int128>(width_ns) * records_max * 3 / 4 /
                                              static_cast<__int128>(count);
    return static_cast<int64_t>(
        std::clamp<__int128>(std::min(fitting, widest), 1, static_cast<__int128>(kForever)));
}

}  // namespace

PagePlace PageWalk::firstPlace(const PagedQuestion& question) {
    PagePlace place;
    place.edge_ns = question.oldest_first ? question.since_ns : question.until_ns;
    return place;
}

bool PageWalk::isDone() const {
    return question_.oldest_first ? place_.edge_ns >= question_.until_ns
                                  : place_.edge_ns <= question_.since_ns;
}

int64_t PageWalk::fromNs() const {
    if (question_.oldest_first) {
        return place_.edge_ns;
    }
    const int64_t width_ns = place_.is_moment ? 1 : place_.width_ns;
    return std::max(place_.edge_ns - std::min(width_ns, place_.edge_ns), question_.since_ns);
}

int64_t PageWalk::toNs() const {
    if (!question_.oldest_first) {
        return place_.edge_ns;
    }
    const int64_t width_ns = place_.is_moment ? 1 : place_.width_ns;
    return std::min(addTo(place_.edge_ns, width_ns), question_.until_ns);
}

std::string PageWalk::nextQuestion() const {
    // Line breaks, because the text may end in a comment.
    std::string text = cat(question_.head, "\nSINCE \"", base::formatIsoTime(fromNs()),
                           "\"\nUNTIL \"", base::formatIsoTime(toNs()), '"');
    return place_.is_moment ? text : cat(text, "\nTAKE ", records_max_);
}

base::Result<uint64_t> PageWalk::take(const PageFacts& facts) {
    const int64_t from_ns = fromNs();
    const int64_t to_ns = toNs();
    const auto is_outside = [&](int64_t ns) { return ns < from_ns || ns >= to_ns; };
    if (facts.count > 0 && (is_outside(facts.first_ns) || is_outside(facts.last_ns))) {
        return base::fail(base::ErrorKind::Corrupt, "a record is not of the time it was asked for");
    }
    if (place_.is_moment || facts.count < records_max_) {
        place_.edge_ns = question_.oldest_first ? to_ns : from_ns;
        place_.width_ns = place_.is_moment ? place_.width_ns
                                           : nextWidth(place_.width_ns, facts.count, records_max_);
        place_.is_moment = false;
        return facts.count;
    }
    const int64_t edge_ns = question_.oldest_first ? facts.last_ns : facts.last_ns + 1;
    place_.edge_ns = edge_ns;
    place_.is_moment = facts.before_last == 0;
    // From the first record on: before it there may have been nothing for long.
    const int64_t filled_ns = std::abs(facts.last_ns - facts.first_ns);
    place_.width_ns = nextWidth(std::max<int64_t>(filled_ns, 1), facts.count, records_max_);
    return facts.before_last;
}

}  // namespace evd::evctl
