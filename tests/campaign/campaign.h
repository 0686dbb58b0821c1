#pragma once

#include "common/base/clock.h"
#include "tests/campaign/findings.h"

#include <cstdint>
#include <optional>
#include <random>

namespace evd::test {

// How long a campaign goes on and by what chance: everything it chooses comes from `random`, made
// from the seed. What programs and threads do meanwhile has an order of its own, so a seed repeats
// the faults and not the interleaving.
class Course {
  public:
    Course(uint64_t seed, int64_t seconds);

    std::mt19937_64 random;
    uint64_t seed() const { return seed_; }
    int64_t seconds() const { return seconds_; }
    // Whether there is time left for another fault. The time begins when this is asked first: what
    // has to be there before costs none of it.
    bool goesOn();

    uint64_t below(uint64_t limit) { return random() % limit; }
    uint64_t between(uint64_t least, uint64_t most) { return least + below(most - least + 1); }
    bool oneIn(uint64_t count) { return below(count) == 0; }

  private:
    const base::SystemClock clock_;
    const uint64_t seed_;
    const int64_t seconds_;
    std::optional<int64_t> end_ns_;
};

// The campaigns: each injects faults of its kind until the course ends, and then checks its
// promises. All of them live for main.cpp; what each proves is told where it is written.
void chaosCampaign(Course& course, Findings& findings);
void clockCampaign(Course& course, Findings& findings);
void configurationCampaign(Course& course, Findings& findings);
void diskCampaign(Course& course, Findings& findings);
void faultsCampaign(Course& course, Findings& findings);
void questionsCampaign(Course& course, Findings& findings);
void ringsCampaign(Course& course, Findings& findings);

}  // namespace evd::test
