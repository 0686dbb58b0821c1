// Two hundred clients at once, most of them without manners, while records come in: slow readers,
// huge questions, broken messages, questions whose asker has gone, streams that nobody reads.
//
// Promised: honest clients among them get the right answer or are told which limit was met;
// eventd-queryd neither dies nor keeps what the others left behind; and nothing of what comes in is
// lost or doubled.

#include "common/base/text.h"
#include "tests/campaign/campaign.h"
#include "tests/campaign/loaded_group.h"
#include "tests/campaign/storm_client.h"
#include "tests/support/emitter.h"
#include "tests/support/kept_descriptors.h"
#include "tests/support/wait_until.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace evd::test {

namespace {

using base::cat;

constexpr const char* kEventType = "storm.fixed";
constexpr uint64_t kFixedEvents = 4096;
constexpr std::array<int, kManners> kClients = {40, 40, 20, 40, 40, 20};
constexpr int64_t kCalmMs = 20'000;

std::vector<KnownAnswer> knownAnswers() {
    const std::string type = kEventType;
    return {
        {cat("EVENTS ", type, " TAKE 100"), 100},
        {cat("EVENTS ", type, " WHERE n <= 77 SELECT n"), 77},
        {cat("EVENTS ", type, " WHERE n > 4000 AND n != 4005"), 95},
        {cat("EVENTS ", type, " GROUP event_type SUM n"), 1},
        {cat("EVENTS ", type, " COUNT BY event_type"), 1},
        {cat("EVENTS ", type, " SORT n SKIP 4000"), 96},
        {cat("EVENTS ", type, " WHERE n IS NULL"), 0},
    };
}

// Emits what the known answers are about, and waits until it is there.
bool makeFixedEvents(const StateFolder& state, Findings& findings) {
    Emitter emitter(state.below("run/kmes.sock"), kEventType, 20);
    for (uint64_t first = 1; first <= kFixedEvents; first += kEmitBatchMax) {
        if (emitter.emit(first, kEmitBatchMax).acknowledged != kEmitBatchMax) {
            findings.violated("the fixed events were not taken");
            return false;
        }
    }
    const bool are_stored = waitUntil(kCalmMs, [&] {
        RawQuery query(state.below("run/query.sock"));
        return query.countRecords(cat("EVENTS ", kEventType, " SELECT n"), 10'000) == kFixedEvents;
    });
    if (!are_stored) {
        findings.violated("the fixed events were not stored");
    }
    return are_stored;
}

void checkCalm(pid_t queryd, size_t descriptors_before, Findings& findings) {
    std::optional<size_t> now;
    // That the clients have gone is noticed a little later.
    const bool is_calm = waitUntil(kCalmMs, [&] {
        now = descriptorCount(queryd);
        return now && *now <= descriptors_before + kKeptDescriptorsMax;
    });
    findings.expect(is_calm, "queryd keeps nothing of those who have gone",
                    cat("eventd-queryd has ", now ? cat(*now) : "gone, and no",
                        " descriptors, it had ", descriptors_before));
}

using Clients = std::vector<std::unique_ptr<StormClient>>;

void endStorm(const Clients& clients, Findings& findings) {
    for (const auto& client : clients) {
        client->stop();
    }
    uint64_t answers = 0;
    uint64_t refusals = 0;
    for (const auto& client : clients) {
        client->join();
        if (client->manners() == Manners::Honest) {
            findings.expect(client->answers() > 0, "each honest client is answered",
                            cat("an honest client was not answered in ", client->conversations(),
                                " conversations"));
            answers += client->answers();
            refusals += client->refusals();
        } else {
            findings.injected(mannersName(client->manners()), client->conversations());
        }
    }
    findings.noted("right answers", answers);
    findings.noted("refusals with a reason", refusals);
}

}  // namespace

void questionsCampaign(Course& course, Findings& findings) {
    LoadedGroup loaded(smallGroup(), course.seed());
    if (!loaded.start(findings) || !makeFixedEvents(loaded.state(), findings)) {
        return;
    }
    const pid_t queryd = loaded.group().childPid("eventd-queryd");
    const auto descriptors = descriptorCount(queryd);
    if (!findings.expect(descriptors.has_value(), "queryd is there before the storm",
                         "eventd-queryd has gone before the storm")) {
        return;
    }
    const auto known = knownAnswers();
    {
        Clients clients;
        for (size_t manners = 0; manners < kManners; ++manners) {
            for (int i = 0; i < kClients[manners]; ++i) {
                clients.push_back(std::make_unique<StormClient>(
                    loaded.state().below("run/query.sock"), static_cast<Manners>(manners),
                    course.random(), known, findings));
            }
        }
        while (course.goesOn() && loaded.isAlive(findings)) {
            pauseMs(200);
        }
        endStorm(clients, findings);
    }
    loaded.waitServing(findings, kCalmMs);
    if (findings.expect(loaded.group().childPid("eventd-queryd") == queryd, "queryd lives on",
                        "eventd-queryd was restarted")) {
        checkCalm(queryd, *descriptors, findings);
    }
    loaded.waitStored(findings, kCalmMs);
    loaded.finish(findings, {});
}

}  // namespace evd::test
