#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/group_setup_service.h"

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <map>
#include <set>

namespace supervisor = evd::supervisor;
using supervisor::Identity;
using supervisor::Program;

namespace {

const std::vector<std::string> kPackaged = {
    "store=eventd",      "queryd=eventd-query",        "ingest=eventd-ingest",
    "kmesd=eventd-kmes", "collector=eventd-collector", "sensor=eventd-sensor"};
const std::vector<std::string> kNumbers = {"store=61001", "queryd=61002:70002", "ingest=61003",
                                           "kmesd=61004", "collector=61005",    "sensor=61006"};

// Users as the packages make them, without those that are missing.
supervisor::UserLookup usersBut(const std::string& missing) {
    return [missing](const std::string& name) -> std::optional<Identity> {
        const std::map<std::string, uid_t> users = {
            {"eventd", 501},      {"eventd-query", 502},     {"eventd-ingest", 503},
            {"eventd-kmes", 504}, {"eventd-collector", 505}, {"eventd-sensor", 506}};
        const auto found = users.find(name);
        if (found == users.end() || name == missing) {
            return std::nullopt;
        }
        return Identity{found->second, found->second + 100, {}};
    };
}

std::vector<std::string> numbersWith(const std::string& entry) {
    auto entries = kNumbers;
    entries.back() = entry;
    return entries;
}

const supervisor::ProgramSpec& specOf(const supervisor::GroupPlan& plan, Program program) {
    for (const auto& spec : plan.start_order) {
        if (spec.program == program) {
            return spec;
        }
    }
    FAIL("not in the plan");
    return plan.start_order.front();
}

}  // namespace

TEST_CASE("identities: each program is a user of its own, and queryd reads by the store's group") {
    const auto chosen = supervisor::chooseIdentities(kPackaged, usersBut(""));
    REQUIRE(chosen.ok());
    const auto& programs = chosen.value().programs;
    REQUIRE(programs.size() == supervisor::kProgramCount);
    std::set<uid_t> uids;
    for (const auto& [program, identity] : programs) {
        uids.insert(identity.uid);
        const bool reads = program == Program::Queryd;
        CHECK(identity.groups == (reads ? std::vector<gid_t>{601} : std::vector<gid_t>{}));
    }
    CHECK(uids.size() == programs.size());
}

TEST_CASE("identities: where one user is missing none is used, and the reason names it") {
    const auto chosen = supervisor::chooseIdentities(kPackaged, usersBut("eventd-kmes"));
    REQUIRE(chosen.ok());
    CHECK(chosen.value().programs.empty());
    CHECK(chosen.value().why_none == "there is no user eventd-kmes");
    const auto nobody = supervisor::chooseIdentities({}, usersBut(""));
    REQUIRE(nobody.ok());
    CHECK(nobody.value().programs.empty());
    const auto few = supervisor::chooseIdentities({"store=61001"}, usersBut(""));
    REQUIRE(few.ok());
    CHECK(few.value().programs.empty());
}

TEST_CASE("identities: numbers need no user, and a group may differ") {
    const auto chosen = supervisor::chooseIdentities(kNumbers, usersBut(""));
    REQUIRE(chosen.ok());
    CHECK(chosen.value().programs.at(Program::Store) == Identity{61001, 61001, {}});
    CHECK(chosen.value().programs.at(Program::Queryd) == Identity{61002, 70002, {61001}});
}

TEST_CASE("identities: nobody is root, nobody twice, and what cannot be understood is an error") {
    for (const char* entry : {"sensor=0", "sensor=61006:0", "sensor=61001", "sensor", "=61006",
                              "sensors=61006", "store=61006"}) {
        CAPTURE(entry);
        CHECK_FALSE(supervisor::chooseIdentities(numbersWith(entry), usersBut("")).ok());
    }
    // The kernel's "no such id" is no number, and so the name of a user that is not there.
    const auto none = supervisor::chooseIdentities(numbersWith("sensor=4294967295"), usersBut(""));
    REQUIRE(none.ok());
    CHECK(none.value().programs.empty());
}

TEST_CASE("births: who looks at other processes keeps /proc, who needs none has its own") {
    const auto plan = supervisor::planGroup(supervisor::KmesBackend::Builtin, {});
    const supervisor::Namespaces all{.network = true, .ipc = true, .proc = true};
    for (const auto& spec : plan.start_order) {
        CAPTURE(spec.name);
        const auto own = supervisor::namespacesFor(spec, all);
        CHECK(own.network);
        CHECK(own.ipc);
        CHECK_FALSE(own.user);
        CHECK(own.proc == (spec.program != Program::Sensor && spec.program != Program::Kmesd));
    }
}

TEST_CASE("births: without root only those get namespaces to whom ids mean nothing") {
    const auto plan = supervisor::planGroup(supervisor::KmesBackend::Builtin, {});
    const supervisor::Namespaces as_user{.network = true, .ipc = true, .user = true};
    for (const auto program : {Program::Store, Program::Collector}) {
        CHECK(supervisor::namespacesFor(specOf(plan, program), as_user).user);
    }
    for (const auto program : {Program::Queryd, Program::Ingest, Program::Kmesd, Program::Sensor}) {
        const auto own = supervisor::namespacesFor(specOf(plan, program), as_user);
        CHECK_FALSE((own.user || own.network || own.ipc));
    }
}

TEST_CASE("births: on the kernel's own rings the collector keeps the token it was started with") {
    const auto chosen = supervisor::chooseIdentities(kNumbers, usersBut(""));
    REQUIRE(chosen.ok());
    for (const auto backend : {supervisor::KmesBackend::Kernel, supervisor::KmesBackend::Builtin}) {
        const auto births =
            supervisor::birthsOf(supervisor::planGroup(backend, {}), chosen.value(), {});
        const bool keeps = backend == supervisor::KmesBackend::Kernel;
        CHECK(births.at(Program::Collector).identity.has_value() == !keeps);
        CHECK(births.at(Program::Store).identity.has_value());
        CHECK(births.at(Program::Store).threads_max > 0);
        CHECK(births.at(Program::Ingest).kept_capability == -1);
    }
}
