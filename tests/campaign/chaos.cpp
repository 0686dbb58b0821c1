// All that may befall a program of the group, at random: it is killed, stopped, hangs, gets no more
// memory, is upgraded. Nothing may be lost or doubled of events; of log lines and samples nothing
// may be doubled, and nothing lost but what a dying eventd-ingest had in hand.

#include "tests/campaign/campaign.h"

#include "common/base/text.h"
#include "tests/campaign/loaded_group.h"
#include "tests/support/mishaps.h"
#include "tests/support/victims.h"
#include "tests/support/wait_until.h"

#include <csignal>
#include <iostream>
#include <vector>

namespace evd::test {

namespace {

constexpr uint64_t kUpgradeOneIn = 15;
// A silent program is given up after five seconds; and whoever is pressed for memory gets on or is
// replaced.
constexpr int64_t kServesAgainMs = 15'000;
// What a dying eventd-ingest has in hand when it has waited for a silent store, and for that one's
// successor: the load sends up to 500 of each kind in a second.
constexpr uint64_t kInHandMax = 500 * 20;

Mishap chooseMishap(Course& course) {
    std::vector<Mishap> all = {Mishap::Kill, Mishap::Kill, Mishap::Stop};
    if (Mishaps::mayHang()) {
        all.push_back(Mishap::Hang);
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // A sanitizer maps its shadows whenever it likes.
    all.push_back(Mishap::Memory);
#endif
    return all[course.below(all.size())];
}

}  // namespace

void chaosCampaign(Course& course, Findings& findings) {
    LoadedGroup loaded(smallGroup(), course.seed());
    if (!loaded.start(findings)) {
        return;
    }
    Victims victims(course.random);
    Mishaps mishaps;
    uint64_t deaths_of_ingest = 0;
    while (course.goesOn()) {
        if (course.oneIn(kUpgradeOneIn)) {
            loaded.group().signal(SIGUSR2);
            findings.injected("upgrade");
        } else {
            const Mishap mishap = chooseMishap(course);
            const auto [name, pid] = victims.pick(loaded.group());
            if (pid > 0 && mishaps.befall(pid, mishap)) {
                findings.injected(mishapName(mishap));
                // Among what the programs say, for whoever is to find out what led to what.
                std::cerr << base::cat("campaign: ", mishapName(mishap), " of ", name, " (pid ",
                                       pid, ")\n");
                deaths_of_ingest += name == "eventd-ingest" ? 1 : 0;
            }
        }
        pauseMs(static_cast<int>(course.between(500, 2000)));
        if (!loaded.isAlive(findings)) {
            return;
        }
    }
    loaded.waitServing(findings, kServesAgainMs);
    loaded.waitStored(findings, kServesAgainMs);
    loaded.finish(findings, {.records_lost_max = deaths_of_ingest * kInHandMax});
}

}  // namespace evd::test
