#include "queryd/evctl/page_walk.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <vector>

using evd::base::cat;
using evd::base::ErrorKind;
using evd::base::kNsPerSecond;
using evd::evctl::PagedQuestion;
using evd::evctl::PageFacts;
using evd::evctl::PagePlace;
using evd::evctl::PageWalk;

namespace {

// A store of nothing but times, which answers as the server would.
class Times {
  public:
    explicit Times(std::vector<int64_t> times) : times_(std::move(times)) {
        std::sort(times_.begin(), times_.end());
    }

    // Which records (by position) a page has, read from its question.
    std::vector<size_t> page(const std::string& question, bool oldest_first) const {
        const int64_t since = timeBehind(question, "SINCE \"");
        const int64_t until = timeBehind(question, "UNTIL \"");
        const size_t take_at = question.find("TAKE ");
        const uint64_t take = take_at == std::string::npos
                                  ? UINT64_MAX
                                  : evd::base::parseU64(question.substr(take_at + 5)).value();
        std::vector<size_t> found;
        for (size_t i = 0; i < times_.size() && found.size() < take; ++i) {
            const size_t at = oldest_first ? i : times_.size() - 1 - i;
            if (times_[at] >= since && times_[at] < until) {
                found.push_back(at);
            }
        }
        return found;
    }
    int64_t at(size_t position) const { return times_[position]; }
    size_t count() const { return times_.size(); }

  private:
    static int64_t timeBehind(const std::string& question, const std::string& clause) {
        const size_t at = question.find(clause);
        REQUIRE(at != std::string::npos);
        // Seconds of the first minute of 1970 and nanoseconds are all that these tests need.
        const std::string text = question.substr(at + clause.size());
        REQUIRE(text.starts_with("1970-01-01T00:00:"));
        return static_cast<int64_t>(evd::base::parseU64(text.substr(17, 2)).value()) *
                   kNsPerSecond +
               static_cast<int64_t>(evd::base::parseU64(text.substr(20, 9)).value());
    }

    std::vector<int64_t> times_;
};

// Walks all of it, from a copy of the place each time, as if every page were another run.
std::vector<size_t> walk(const Times& times, const PagedQuestion& question, uint64_t page_max,
                         size_t& pages) {
    std::vector<size_t> all;
    PagePlace place = PageWalk::firstPlace(question);
    place.width_ns = 1'000;
    for (pages = 0; pages < 10'000; ++pages) {
        PageWalk step(question, place, page_max);
        if (step.isDone()) {
            break;
        }
        const auto found = times.page(step.nextQuestion(), question.oldest_first);
        PageFacts facts;
        for (const size_t at : found) {
            facts.first_ns = facts.count == 0 ? times.at(at) : facts.first_ns;
            if (facts.count == 0 || times.at(at) != facts.last_ns) {
                facts.before_last = facts.count;
                facts.last_ns = times.at(at);
            }
            ++facts.count;
        }
        const auto good = step.take(facts);
        REQUIRE(good.ok());
        all.insert(all.end(), found.begin(), found.begin() + static_cast<ptrdiff_t>(good.value()));
        place = step.place();
    }
    return all;
}

}  // namespace

TEST_CASE("page walk: each record comes once, in the order of the whole answer") {
    std::vector<int64_t> dense;
    for (int64_t i = 0; i < 500; ++i) {
        dense.push_back(i * i % 977 + 1'000 * (i % 3));
    }
    std::vector<int64_t> crowd(100, 4'000);  // more of one moment than fit a page
    crowd.insert(crowd.end(), {0, 1, 3'999, 3'999, 4'001, 9'999, 2'000'000'000, 50 * kNsPerSecond});
    for (const auto& store : {dense, crowd, std::vector<int64_t>{}, std::vector<int64_t>{0},
                              std::vector<int64_t>(10, 7), std::vector<int64_t>(11, 7)}) {
        const Times times(store);
        for (const bool oldest_first : {false, true}) {
            for (const uint64_t page_max : {1, 2, 10, 11, 1000}) {
                PagedQuestion question;
                question.head = "EVENTS";
                question.oldest_first = oldest_first;
                question.until_ns = 51 * kNsPerSecond;
                size_t pages = 0;
                const auto all = walk(times, question, page_max, pages);
                REQUIRE(all.size() == times.count());
                for (size_t i = 0; i < all.size(); ++i) {
                    CHECK(all[i] == (oldest_first ? i : times.count() - 1 - i));
                }
                CHECK(pages < 40 + 4 * times.count());
            }
        }
    }
}

TEST_CASE("page walk: bounds are kept, and a record from elsewhere is an error") {
    PagedQuestion question;
    question.head = "LOGS";
    question.since_ns = 2'000;
    question.until_ns = 5'000;
    size_t pages = 0;
    const Times times({1'999, 2'000, 3'000, 4'999, 5'000});
    CHECK(walk(times, question, 10, pages) == std::vector<size_t>{3, 2, 1});
    question.oldest_first = true;
    CHECK(walk(times, question, 10, pages) == std::vector<size_t>{1, 2, 3});
    for (const int64_t time : {1'999, 5'000}) {
        PageWalk step(question, PageWalk::firstPlace(question), 10);
        CHECK(step.take({1, time, time, 0}).error().kind == ErrorKind::Corrupt);
    }
    question.until_ns = 1'000;  // reversed: an empty result (Ruling Q5)
    CHECK(PageWalk(question, PageWalk::firstPlace(question)).isDone());
}
