#include "queryd/evctl/config_command.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>

namespace evd::evctl {
namespace {

std::optional<std::string> nothingSet(const char*) {
    return std::nullopt;
}

class Fixture {
  public:
    explicit Fixture(const std::string& values) {
        arguments.state = directory / "state";
        arguments.registry = {directory / "a.reg"};
        std::ofstream(arguments.registry.front())
            << R"({"keys": [{"path": "Machine\\System\\eventd", "values": [)" << values << "]}]}";
    }
    config::Configuration read() const {
        auto configuration = readConfiguration(arguments, nothingSet);
        REQUIRE(configuration);
        return configuration.value();
    }

    test::TemporaryDirectory directory;
    Arguments arguments;
};

TEST_CASE("config command: the list has every setting with value and source") {
    const Fixture fixture(R"({"name": "QueryTimeoutMs", "type": "dword", "data": 5000})");
    const std::string text = configListText(fixture.read());
    for (const config::SettingSpec& spec : config::settingSpecs()) {
        CAPTURE(spec.name);
        CHECK(text.find(spec.name) != std::string::npos);
    }
    const std::string jsonl = configListJsonl(fixture.read());
    CHECK(jsonl.find(R"("setting":"QueryTimeoutMs","source":")" + fixture.arguments.registry[0] +
                     R"(","type":"dword","value":"5000"})") != std::string::npos);
    CHECK(jsonl.find(
              R"("setting":"MaxBatchSize","source":"default","type":"dword","value":"10000")") !=
          std::string::npos);
}

TEST_CASE("config command: one value as a program wants it, whatever the case of its name") {
    const Fixture fixture(R"({"name": "QueryTimeoutMs", "type": "dword", "data": 5000})");
    CHECK(configValue(fixture.read(), "querytimeoutms").value() == "5000\n");
    CHECK(configValue(fixture.read(), "EventStorePath").value() ==
          fixture.arguments.state + "/events/\n");
    CHECK(configValue(fixture.read(), "Linux\\SyslogSocketPath").value() == "\n");
}

TEST_CASE("config command: problems that could not be written are no success") {
    Fixture fixture(R"({"name": "QueryTimeoutMs", "type": "dword", "data": 1})");
    fixture.arguments.words = {"check"};
    const base::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    OutputStream output(full.get());
    const auto checked = runConfig(fixture.arguments, nothingSet, output);
    REQUIRE_FALSE(checked.ok());
    CHECK(checked.error().kind == base::ErrorKind::Io);
}

TEST_CASE("config command: a name that is not there is told with the nearest one") {
    const Fixture fixture("");
    const auto value = configValue(fixture.read(), "QueryTimoutMs");
    REQUIRE_FALSE(value);
    CHECK(value.error().text == "there is no setting QueryTimoutMs; did you mean QueryTimeoutMs?");
}

TEST_CASE("config command: check tells each problem in a line, and nothing when there is none") {
    CHECK(configProblemsText(Fixture("").read()).empty());
    const Fixture fixture(R"({"name": "QueryTimeoutMs", "type": "dword", "data": 1},
                             {"name": "MaxBatchSize", "type": "sz", "data": "many"})");
    const std::string text = configProblemsText(fixture.read());
    CHECK(std::count(text.begin(), text.end(), '\n') == 2);
    CHECK(text.find("QueryTimeoutMs") != std::string::npos);
    CHECK(text.find("MaxBatchSize") != std::string::npos);
}

}  // namespace
}  // namespace evd::evctl
