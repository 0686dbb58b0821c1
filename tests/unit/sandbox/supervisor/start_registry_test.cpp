#include "sandbox/supervisor/start_registry.h"

#include "common/config/configuration.h"
#include "tests/support/fake_lcs.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

namespace config = evd::config;
namespace supervisor = evd::supervisor;
using evd::test::bytesOf;
using evd::test::FakeLcs;

namespace {

const std::string kRoot(config::kRegistryRoot);

size_t defaultsIn(const FakeLcs& lcs) {
    size_t count = 0;
    for (const auto& [path, key] : lcs.keys) {
        count += key.values.count("*");
    }
    return count;
}

}  // namespace

TEST_CASE("registry at the start: a kernel without one means files") {
    FakeLcs lcs;
    lcs.is_absent = true;
    supervisor::Options options;
    options.registry_paths = {"/nowhere.reg"};
    const auto registry = supervisor::registryForStart(lcs, options);
    REQUIRE(registry.ok());
    CHECK(registry.value()->watchPaths() == options.registry_paths);
    CHECK(lcs.opened == 0);
}

TEST_CASE("registry at the start: a kernel with one wants no files named") {
    FakeLcs lcs;
    supervisor::Options options;
    options.registry_paths = {"/nowhere.reg"};
    CHECK_FALSE(supervisor::registryForStart(lcs, options).ok());
}

TEST_CASE("registry at the start: the first one creates the default descriptors, a check none") {
    FakeLcs lcs;
    lcs.addKey("Machine\\System");
    supervisor::Options options;
    options.check = true;
    CHECK(supervisor::registryForStart(lcs, options).ok());
    CHECK(defaultsIn(lcs) == 0);
    options.check = false;
    const auto registry = supervisor::registryForStart(lcs, options);
    REQUIRE(registry.ok());
    CHECK(defaultsIn(lcs) == 3);
    CHECK(registry.value()->changeFd() >= 0);
    const auto loaded = config::loadConfiguration({registry.value().get(), "", nullptr});
    CHECK(loaded.settings.security().ruleCount() == 3);
}

TEST_CASE("registry at the start: with an event store there, a default that was removed stays so") {
    const evd::test::TemporaryDirectory folder;
    FakeLcs lcs;
    lcs.set(kRoot, "EventStorePath", config::kLcsSz, bytesOf(folder.path()));
    for (const char* kind : {"Events", "Logs", "Metrics"}) {
        lcs.addKey(kRoot + "\\Security\\" + kind);
    }
    CHECK(supervisor::registryForStart(lcs, {}).ok());
    CHECK(defaultsIn(lcs) == 0);
    lcs.set(kRoot, "EventStorePath", config::kLcsSz, bytesOf(folder / "none"));
    CHECK(supervisor::registryForStart(lcs, {}).ok());
    CHECK(defaultsIn(lcs) == 3);
}
