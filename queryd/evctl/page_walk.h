#pragma once

#include "common/base/result.h"
#include "queryd/evctl/question_pages.h"

#include <cstdint>
#include <string>
#include <utility>

namespace evd::evctl {

// So many records are asked for at once.
inline constexpr uint64_t kPageRecords = 10'000;
inline constexpr int64_t kFirstPageWidthNs = 1'000'000'000;  // it grows soon enough

// How far an export has come.
struct PagePlace {
    int64_t edge_ns = 0;  // oldest first: all before it is done; else all from it on
    int64_t width_ns = kFirstPageWidthNs;
    bool is_moment = false;  // more records than a page have the time at the edge

    bool operator==(const PagePlace&) const = default;
};

// What came back for a page.
struct PageFacts {
    uint64_t count = 0;
    int64_t first_ns = 0;      // the time of the first record
    int64_t last_ns = 0;       // of the last
    uint64_t before_last = 0;  // how many came before the first of that time
};

// Which piece is to be asked for next, and how much of an answer is good.
//
// A page is a range of time and at most so many records. An answer that has fewer is all there is
// in the range. One that is full may end in the midst of records of one moment: those of the last
// moment are left to the next page. When a whole page is of one moment, that moment is asked for
// alone and without a limit. The width of the ranges follows how dense records are, so that most
// pages are not full. The order of records is that of the question asked in one piece. Pure; a
// value.
class PageWalk {
  public:
    PageWalk(PagedQuestion question, PagePlace place, uint64_t records_max = kPageRecords)
        : question_(std::move(question)), place_(place), records_max_(records_max) {}

    static PagePlace firstPlace(const PagedQuestion& question);

    bool isDone() const;
    std::string nextQuestion() const;
    // How many of the records are good, from the first on. Corrupt when they are not of the page.
    base::Result<uint64_t> take(const PageFacts& facts);
    const PagePlace& place() const { return place_; }

  private:
    int64_t fromNs() const;
    int64_t toNs() const;

    PagedQuestion question_;
    PagePlace place_;
    uint64_t records_max_;
};

}  // namespace evd::evctl
