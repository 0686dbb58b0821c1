#include "sandbox/supervisor/options.h"

#include <doctest/doctest.h>

namespace base = evd::base;
namespace supervisor = evd::supervisor;

namespace {
base::Result<supervisor::Options> parse(std::vector<const char*> words) {
    return supervisor::parseOptions(words);
}
}  // namespace

TEST_CASE("options: none are needed") {
    const auto options = parse({});
    REQUIRE(options.ok());
    CHECK(options.value().registry_paths.empty());
    CHECK(options.value().state_folder.empty());
    CHECK_FALSE(options.value().check);
}

TEST_CASE("options: --registry may repeat and keeps its order") {
    const auto options = parse({"--registry", "/a", "--state", "s", "--registry=/b"});
    REQUIRE(options.ok());
    CHECK(options.value().registry_paths == std::vector<std::string>{"/a", "/b"});
    CHECK(options.value().state_folder == "s");
}

TEST_CASE("options: flags") {
    CHECK(parse({"--check"}).value().check);
    CHECK(parse({"--version"}).value().version);
    CHECK(parse({"--help"}).value().help);
    CHECK(parse({"-h"}).value().help);
}

TEST_CASE("options: a value is taken as it is, even when it looks like an option") {
    CHECK(parse({"--state", "--check"}).value().state_folder == "--check");
    CHECK(parse({"--state=a=b"}).value().state_folder == "a=b");
}

TEST_CASE("options: everything else is bad usage, and the sentence names it") {
    for (const auto& words :
         std::vector<std::vector<const char*>>{{"--registry"},
                                               {"--state="},
                                               {"--state", ""},
                                               {"--check=yes"},
                                               {"--chec"},
                                               {"extra"},
                                               {""},
                                               {"--"},
                                               {"--state", "a", "--state", "b"}}) {
        const auto options = parse(words);
        REQUIRE_FALSE(options.ok());
        CHECK(options.error().kind == base::ErrorKind::Invalid);
    }
    CHECK(parse({"--nonsense"}).error().text.find("--nonsense") != std::string::npos);
}
