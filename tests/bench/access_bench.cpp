// What a verdict costs: how long RecordAccess takes for a record of a type and twelve fields, by
// where the verdict comes from. `access_bench [rounds]`.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/access/record_access.h"
#include "tests/bench/figures.h"
#include "tests/support/security_rules.h"

#include <functional>
#include <string>
#include <vector>

namespace {

namespace access = evd::access;
namespace queryd = evd::queryd;
using access::ObjectKind;
using evd::base::cat;

constexpr uint64_t kRoundsDefault = 200'000;
constexpr size_t kTypes = 20;

constexpr std::string_view kPlain = "O:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)(A;;0x1;;;S-1-22-2-1500)";

std::string byField() {
    std::string sddl = "O:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)";
    for (const char* field : {"timestamp", "event_type", "cpu_id", "uid"}) {
        sddl += cat("(OA;;0x1;", evd::test::guidText(access::fieldGuid(field)), ";;S-1-22-2-1500)");
    }
    return sddl;
}

double nsPerCall(uint64_t rounds, const std::function<void(uint64_t)>& call) {
    const evd::base::SystemClock clock;
    const int64_t begin = clock.monotonicNs();
    for (uint64_t round = 0; round < rounds; ++round) {
        call(round);
    }
    return static_cast<double>(clock.monotonicNs() - begin) / static_cast<double>(rounds);
}

struct Bench {
    explicit Bench(const std::string& sddl) {
        policy.install(evd::test::policyOf(ObjectKind::Events, {{"*", sddl}}));
        for (size_t index = 0; index < kTypes; ++index) {
            types.push_back(cat("process.kind", index));
        }
        for (const auto field : access::fixedFields(ObjectKind::Events)) {
            fields.push_back(field);
        }
        fields.insert(fields.end(), {"uid", "name", "command_line"});
    }

    queryd::ReferenceChecker checker;
    queryd::AccessPolicy policy{checker};
    queryd::Caller caller = queryd::callerOf({1, 1001, 1001, {4, 27, 100, 1500}}, {0, {}});
    std::vector<std::string> types;
    std::vector<std::string_view> fields;
    uint64_t visible = 0;  // so that nothing is left out

    double known(uint64_t rounds) {
        queryd::RecordAccess record_access(policy, caller);
        return nsPerCall(rounds, [&](uint64_t round) {
            visible +=
                record_access.of(ObjectKind::Events, types[round % kTypes], fields).recordVisible();
        });
    }
    double newQuestion(uint64_t rounds) {
        return nsPerCall(rounds, [&](uint64_t round) {
            queryd::RecordAccess record_access(policy, caller);
            visible +=
                record_access.of(ObjectKind::Events, types[round % kTypes], fields).recordVisible();
        });
    }
    double unknown(uint64_t rounds) {
        return nsPerCall(rounds, [&](uint64_t round) {
            policy.verdicts().clear();
            queryd::RecordAccess record_access(policy, caller);
            visible +=
                record_access.of(ObjectKind::Events, types[round % kTypes], fields).recordVisible();
        });
    }
};

}  // namespace

int main(int argument_count, char** arguments) {
    uint64_t rounds = kRoundsDefault;
    if (argument_count > 1) {
        rounds = evd::base::parseU64(arguments[1]).value();
    }
    std::vector<evd::bench::Figure> figures;
    uint64_t visible = 0;
    for (const auto& [name, sddl] :
         {std::pair{"plain", std::string(kPlain)}, std::pair{"by field", byField()}}) {
        Bench bench(sddl);
        figures.push_back({cat("verdict, ", name, ", known to the question"), bench.known(rounds),
                           "ns", 0, "", ""});
        figures.push_back({cat("verdict, ", name, ", first of a question, cached"),
                           bench.newQuestion(rounds / 10), "ns", 0, "", ""});
        figures.push_back(
            {cat("verdict, ", name, ", not cached"), bench.unknown(rounds / 10), "ns", 0, "", ""});
        visible += bench.visible;
    }
    evd::bench::printTable(figures);
    return visible == 0 ? 1 : 0;
}
