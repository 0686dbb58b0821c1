#include "sandbox/supervisor/upgrade_plan.h"

#include <doctest/doctest.h>

namespace supervisor = evd::supervisor;
using supervisor::Program;
using supervisor::UpgradePlan;
using Phase = UpgradePlan::Phase;

namespace {

std::vector<supervisor::ProgramSpec> three() {
    return {{Program::Store, "store"}, {Program::Queryd, "queryd"}, {Program::Ingest, "ingest"}};
}

UpgradePlan begun() {
    UpgradePlan plan;
    REQUIRE(plan.begin(three()));
    return plan;
}

void replace(UpgradePlan& plan, Program program) {
    REQUIRE(plan.wantsEnd(program));
    plan.onEnded(program);
    REQUIRE(plan.onRunning(program));
}

}  // namespace

TEST_CASE("upgrade plan: one after the other, each when the one before it serves") {
    UpgradePlan plan;
    CHECK(plan.describe().empty());
    CHECK_FALSE(plan.wantsEnd(Program::Store));
    REQUIRE(plan.begin(three()));
    CHECK(plan.wantsEnd(Program::Store));
    CHECK_FALSE(plan.wantsEnd(Program::Queryd));
    plan.onEnded(Program::Store);
    CHECK_FALSE(plan.wantsEnd(Program::Store));
    CHECK_FALSE(plan.wantsEnd(Program::Queryd));
    CHECK(plan.describe() == "upgrade: replacing store, 0 of 3 programs replaced");
    CHECK(plan.onRunning(Program::Store));
    CHECK(plan.wantsEnd(Program::Queryd));
    replace(plan, Program::Queryd);
    replace(plan, Program::Ingest);
    CHECK(plan.phase() == Phase::Finished);
    CHECK_FALSE(plan.isUnderWay());
    CHECK(plan.describe() == "upgrade: complete, 3 of 3 programs replaced");
}

TEST_CASE("upgrade plan: a second one is refused while it lasts, and not afterwards") {
    UpgradePlan plan = begun();
    CHECK_FALSE(plan.begin(three()));
    for (const auto& spec : three()) {
        CHECK_FALSE(plan.begin(three()));
        replace(plan, spec.program);
    }
    CHECK(plan.begin(three()));
    CHECK(plan.wantsEnd(Program::Store));
    CHECK_FALSE(UpgradePlan().begin({}));
}

TEST_CASE("upgrade plan: a successor that does not start ends it, and the rest stays as it was") {
    UpgradePlan plan = begun();
    replace(plan, Program::Store);
    plan.onEnded(Program::Queryd);
    plan.onDeath(Program::Queryd, "exited with status 9");
    CHECK(plan.phase() == Phase::Failed);
    CHECK_FALSE(plan.wantsEnd(Program::Ingest));
    CHECK(plan.describe() ==
          "upgrade: stopped at queryd, whose successor did not start (exited with status 9), "
          "1 of 3 programs replaced");
    // The restart policy brings it up in the end; the upgrade stays where it is.
    CHECK_FALSE(plan.onRunning(Program::Queryd));
    CHECK(plan.phase() == Phase::Failed);
    CHECK(plan.begin(three()));  // whoever has mended the program asks again
}

TEST_CASE("upgrade plan: one that dies while it is asked to end has been replaced all the same") {
    UpgradePlan plan = begun();
    plan.onDeath(Program::Store, "was killed");
    CHECK(plan.phase() == Phase::Starting);
    CHECK(plan.onRunning(Program::Store));
    CHECK(plan.wantsEnd(Program::Queryd));
}

TEST_CASE("upgrade plan: what becomes of the others does not concern it") {
    UpgradePlan plan = begun();
    plan.onDeath(Program::Ingest, "was killed");
    plan.onEnded(Program::Queryd);
    CHECK_FALSE(plan.onRunning(Program::Ingest));
    CHECK(plan.wantsEnd(Program::Store));
    CHECK_FALSE(plan.onRunning(Program::Store));  // it has not ended yet
    CHECK(plan.wantsEnd(Program::Store));
}

TEST_CASE("upgrade plan: a stop gives it up, in either phase") {
    UpgradePlan plan = begun();
    plan.cancel();
    CHECK(plan.phase() == Phase::Cancelled);
    CHECK_FALSE(plan.wantsEnd(Program::Store));
    UpgradePlan later = begun();
    later.onEnded(Program::Store);
    later.cancel();
    CHECK_FALSE(later.onRunning(Program::Store));
    CHECK(later.describe() == "upgrade: given up for a stop, 0 of 3 programs replaced");
    UpgradePlan never;
    never.cancel();
    CHECK(never.phase() == Phase::Idle);
}
