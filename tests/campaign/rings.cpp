// Four rings of the test's own, tortured by their writers (ring_mill.h), and the real collector and
// store on them: every number that was given out is stored exactly once or lies in exactly one gap
// record; only what something befell lies in one; what was not damaged is stored to the byte as it
// was written, and what was never written is not there. The collector is killed now and then, as
// the rings outlive it.

#include "common/base/text.h"
#include "tests/campaign/campaign.h"
#include "tests/campaign/loaded_group.h"
#include "tests/campaign/ring_mill.h"
#include "tests/campaign/ring_server.h"
#include "tests/support/exactly_once.h"
#include "tests/support/plain_database.h"
#include "tests/support/wait_until.h"

#include <csignal>
#include <memory>
#include <utility>
#include <vector>

namespace evd::test {

namespace {

using base::cat;

constexpr uint16_t kCpus = 4;
constexpr int kRowsAtOnce = 20'000;
constexpr int kLookMs = 250;
constexpr uint64_t kKillLooksMin = 40;  // ten deaths within a minute would end the group
constexpr uint64_t kKillLooksMax = 80;
constexpr const char* kSoundPayload = "what was not damaged is stored as it was written";

using Mills = std::vector<std::unique_ptr<RingMill>>;

GroupOptions ringOptions(const std::string& socket_path) {
    GroupOptions options = withoutSensors();
    options.values.push_back({"Linux", "KmesBackend", "sz", "\"socket\""});
    options.values.push_back({"Linux", "KmesSocketPath", "sz", cat("\"", socket_path, "\"")});
    options.values.push_back({"", "StorageShards", "dword", "3"});
    return options;
}

void checkRow(const Mills& mills, const PlainDatabase::Row& row, Findings& findings) {
    const uint64_t cpu = numberOf(row.at(1));
    const uint64_t sequence = numberOf(row.at(2));
    if (cpu >= mills.size() || !mills[cpu]->wasWritten(sequence)) {
        findings.violated(cat("cpu ", cpu, ": number ", sequence,
                              " is stored, and nothing was written under it"));
        return;
    }
    const RingMill& mill = *mills[cpu];
    if (mill.account().wasDamaged(sequence)) {
        return;
    }
    const auto payload = bytesOfHex(row.at(4));
    findings.expect(row.at(3) == kTestEventType && payload.size() == mill.payloadBytes(sequence) &&
                        checkedPayloadIsWhole(sequence, payload),
                    kSoundPayload,
                    cat("cpu ", cpu, ": number ", sequence, " is not what was written"));
}

void checkContent(const std::string& folder, const Mills& mills, Findings& findings) {
    for (const auto& path : databasesIn(folder, "shard-")) {
        PlainDatabase shard(path);
        uint64_t behind = 0;
        while (true) {
            const auto rows = shard.ask(
                cat("SELECT id, cpu_id, sequence, event_type, hex(payload) FROM events WHERE id > ",
                    behind, " AND sequence IS NOT NULL ORDER BY id LIMIT ", kRowsAtOnce));
            for (const auto& row : rows) {
                checkRow(mills, row, findings);
            }
            if (rows.empty()) {
                break;
            }
            behind = numberOf(rows.back().at(0));
        }
    }
}

// A number may be lost for a reason alone.
void checkGaps(const RingMill& mill, const std::vector<std::pair<uint64_t, uint64_t>>& gaps,
               Findings& findings) {
    for (const auto& [first, last] : gaps) {
        const auto owed = mill.account().owedIn(first, last);
        if (owed.count > 0) {
            findings.violated(cat("cpu ", mill.cpu(), ": of ", first, "..", last,
                                  ", recorded as lost, nothing befell ", owed.count,
                                  " numbers, the first is ", owed.first, ": ",
                                  mill.account().told(owed.first)));
        }
    }
    findings.checked("numbers that nothing befell are stored", mill.account().countOwed());
}

void checkNumbers(const std::string& folder, const Mills& mills, Findings& findings) {
    const auto report = checkExactlyOnce(folder, "");  // no payload says its number
    findings.checked("sequence numbers stored once or in one gap record",
                     report.events + report.lost);
    for (const auto& violation : report.violations) {
        findings.violated(violation);
    }
    for (const auto& [cpu, reach] : report.complete_until) {
        if (cpu.second >= kCpus) {
            findings.violated(cat("there is a cpu ", cpu.second));
            continue;
        }
        const RingMill& mill = *mills[static_cast<size_t>(cpu.second)];
        checkGaps(mill, report.gaps.at(cpu), findings);
        const uint64_t last = mill.lastSequence();
        findings.expect(reach == last, "a ring is accounted for to its end",
                        cat("cpu ", cpu.second, ": ", last, " numbers were given out, ", reach,
                            " are accounted for"));
    }
    findings.expect(report.complete_until.size() == kCpus, "every ring was read",
                    cat(report.complete_until.size(), " rings were read"));
    findings.noted("gap records", report.gap_records);
    findings.noted("numbers lost in them", report.lost);
}

}  // namespace

void ringsCampaign(Course& course, Findings& findings) {
    const StateFolder state;
    Mills mills;
    for (uint16_t cpu = 0; cpu < kCpus; ++cpu) {
        mills.push_back(std::make_unique<RingMill>(cpu, course.random(), findings));
    }
    const std::string socket_path = state.below("rings.sock");
    const RingServer server(socket_path, kCpus, [&](uint16_t cpu) { return mills[cpu]->attach(); });
    Group group(state, ringOptions(socket_path));
    if (!findings.expect(group.waitReady(), "the group becomes ready on these rings",
                         "the group did not become ready")) {
        return;
    }
    uint64_t looks_left = course.between(1, kKillLooksMax);
    while (course.goesOn()) {
        pauseMs(kLookMs);
        if (--looks_left == 0) {
            looks_left = course.between(kKillLooksMin, kKillLooksMax);
            const pid_t collector = group.childPid("eventd-collector");
            if (collector > 0 && ::kill(collector, SIGKILL) == 0) {
                for (const auto& mill : mills) {
                    mill->readerKilled();
                }
                findings.injected("death of the collector");
            }
        }
        if (!findings.expect(group.waitExit(0) == -1, "the group goes on",
                             cat("the group has ended: ", group.stderrText()))) {
            return;
        }
    }
    for (const auto& mill : mills) {
        mill->stop();
    }
    findings.expect(group.stop() == 0, "the group stops with 0",
                    cat("the group did not stop with 0: ", group.stderrText()));
    checkNumbers(state.below("events"), mills, findings);
    checkContent(state.below("events"), mills, findings);
    takeBooks(state.path(), findings);
}

}  // namespace evd::test
