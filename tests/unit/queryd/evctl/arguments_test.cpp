#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/query_command.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/socket_search.h"
#include "queryd/evctl/tail_command.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>
#include <map>

using evd::evctl::Arguments;
using evd::evctl::findQueryWords;
using evd::evctl::findSockets;
using evd::evctl::parseArguments;
using evd::evctl::tailQuery;
using Words = std::vector<std::string>;

namespace {

Arguments parsed(const Words& words) {
    auto arguments = parseArguments(words);
    REQUIRE_MESSAGE(arguments.ok(), (arguments.ok() ? "" : arguments.error().text));
    return std::move(arguments).value();
}

bool isUsage(const Words& words) {
    return !parseArguments(words).ok();
}

evd::evctl::Environment environmentOf(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const char* name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

}  // namespace

TEST_CASE("arguments: a first word that is no command begins a query") {
    CHECK(parsed({"EVENTS TAKE 1"}).command == "query");
    CHECK(parsed({"EVENTS TAKE 1"}).words == Words{"EVENTS TAKE 1"});
    CHECK(parsed({"query", "EVENTS"}).words == Words{"EVENTS"});
    CHECK(parsed({"EVENTS", "TAKE", "1"}).words == Words{"EVENTS", "TAKE", "1"});
    CHECK(parsed({"-"}).words == Words{"-"});
    CHECK(parsed({"--file", "q.txt"}).command == "query");
}

TEST_CASE("arguments: explain takes a query as query does") {
    CHECK(parsed({"explain", "EVENTS", "COUNT"}).command == "explain");
    CHECK(parsed({"explain", "EVENTS", "COUNT"}).words == Words{"EVENTS", "COUNT"});
    CHECK(parsed({"explain", "--file", "q.txt", "--rpc", "r.sock"}).file == "q.txt");
    CHECK(isUsage({"explain"}));
    CHECK(isUsage({"explain", "EVENTS", "--file", "q.txt"}));
}

TEST_CASE("arguments: options stand before or behind the command") {
    const auto before = parsed({"-s", "a.sock", "--format", "jsonl", "tail", "logs"});
    CHECK(before.command == "tail");
    CHECK(before.words == Words{"logs"});
    CHECK(before.socket == "a.sock");
    CHECK(before.format == "jsonl");
    const auto behind = parsed({"EVENTS", "-f", "csv", "--timeout", "50", "--utc"});
    CHECK(behind.format == "csv");
    CHECK(behind.timeout_ms == 50);
    CHECK(behind.utc);
    CHECK(parsed({"status", "--registry", "a", "--registry", "b"}).registry == Words{"a", "b"});
}

TEST_CASE("arguments: what makes no sense is a usage error") {
    CHECK(isUsage({}));
    CHECK(isUsage({"query"}));
    CHECK(isUsage({"--no-such-option", "EVENTS"}));
    CHECK(isUsage({"--format", "xml", "EVENTS"}));
    CHECK(isUsage({"--time", "sundial", "EVENTS"}));
    CHECK(isUsage({"--timeout", "0", "EVENTS"}));
    CHECK(isUsage({"--timeout", "soon", "EVENTS"}));
    CHECK(isUsage({"--socket"}));
    CHECK(isUsage({"emit"}));
    CHECK(isUsage({"emit", "a", "{}", "{}"}));
    CHECK(isUsage({"status", "now"}));
    CHECK(isUsage({"--file", "q.txt", "EVENTS"}));
    CHECK(isUsage({"-s", "a", "--rpc", "b", "EVENTS"}));
}

TEST_CASE("arguments: sd takes show, check, compile, explain and evaluate") {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"sd", "evaluate"},
                                                  {"sd", "evaluate", "-"},
                                                  {"sd", "evaluate", "--kernel", "-"},
                                                  {"sd", "compile", "O:SYD:"},
                                                  {"sd", "show"},
                                                  {"sd", "show", "kacs"},
                                                  {"sd", "check", "root", "kacs"},
                                                  {"sd", "check", "0", "kacs", "uid", "gid"},
                                                  {"sd", "check", "kacs"},
                                                  {"sd", "check", "kacs", "--user", "root"},
                                                  {"sd", "explain", "O:SYD:"}}) {
        CHECK(parseArguments(words).value().command == "sd");
    }
    for (const std::vector<std::string>& words : {std::vector<std::string>{"sd"},
                                                  {"sd", "show", "a", "b"},
                                                  {"sd", "check"},
                                                  {"sd", "show", "kacs", "--user", "root"},
                                                  {"sd", "show", "--kind", "files"},
                                                  {"sd", "evaluate", "a", "b"},
                                                  {"sd", "show", "--kernel"},
                                                  {"sd", "compile"},
                                                  {"sd", "explain", "a", "b"}}) {
        CHECK_FALSE(parseArguments(words).ok());
    }
}

TEST_CASE("arguments: help and version are commands and options") {
    CHECK(parsed({"help"}).command == "help");
    CHECK(parsed({"--help"}).command == "help");
    CHECK(parsed({"EVENTS", "-h"}).command == "help");
    CHECK(parsed({"version"}).command == "version");
    CHECK(parsed({"--version"}).command == "version");
}

TEST_CASE("sockets: the option, then the state folder, then the environment, then the fallback") {
    const evd::test::TemporaryDirectory folder;
    Arguments arguments;
    const auto both = environmentOf({{"EVENTD_SOCKET", "/e/q.sock"}, {"EVENTD_STATE", "/s"}});
    const auto state_only = environmentOf({{"EVENTD_STATE", "/s"}});
    CHECK(findSockets(arguments, both).value().query == "/e/q.sock");
    CHECK(findSockets(arguments, both).value().rpc == "/e/rpc.sock");
    CHECK(findSockets(arguments, state_only).value().query == "/s/run/query.sock");
    CHECK(findSockets(arguments, state_only).value().kmes == "/s/run/kmes.sock");
    arguments.state = folder.path();
    CHECK(findSockets(arguments, both).value().query == folder.path() + "/run/query.sock");
    arguments.socket = "here.sock";
    CHECK(findSockets(arguments, both).value().query == "here.sock");
    CHECK(findSockets(arguments, both).value().kmes == "kmes.sock");
    arguments.rpc = "there.sock";
    CHECK(findSockets(arguments, both).value().rpc == "there.sock");
}

TEST_CASE("sockets: a registry file names them, one that does not is an error") {
    const evd::test::TemporaryDirectory folder;
    Arguments arguments;
    arguments.registry = {folder / "a.reg"};
    CHECK_FALSE(findSockets(arguments, environmentOf({})).ok());
    std::ofstream(folder / "a.reg")
        << R"({"keys":[{"path":"Machine\\System\\eventd","values":[)"
           R"({"name":"QuerySocketPath","type":"sz","data":"/r/q.sock"},)"
           R"({"name":"RpcSocketPath","type":"sz","data":"/r/other.sock"}]}]})";
    const auto sockets = findSockets(arguments, environmentOf({}));
    REQUIRE(sockets.ok());
    CHECK(sockets.value().query == "/r/q.sock");
    CHECK(sockets.value().rpc == "/r/other.sock");
    CHECK(sockets.value().kmes == "/r/kmes.sock");
}

TEST_CASE(
    "query words: clause words are found in any case, not in quotes, comments or other words") {
    CHECK(findQueryWords("EVENTS a.* stream").stream);
    CHECK(findQueryWords("STREAM EVENTS").stream);
    CHECK_FALSE(findQueryWords("EVENTS WHERE name == \"x STREAM \\\" TAKE\"").stream);
    CHECK_FALSE(findQueryWords("EVENTS -- TAKE 1 STREAM").take);
    CHECK(findQueryWords("EVENTS -- nothing\n TAKE 1").take);
    CHECK_FALSE(findQueryWords("EVENTS upstream streams a.stream").stream);
    CHECK(findQueryWords("EVENTS SORT timestamp").sort);
    CHECK_FALSE(findQueryWords("EVENTS WHERE a == \"open").take);
    CHECK(findQueryWords("METRIC a.b p95 SINCE 1h ago").transform);
    CHECK_FALSE(findQueryWords("METRIC p95.rate AVG_OVER 5m").transform);
}

TEST_CASE("tail: the last lines and then what is new, whatever was typed") {
    const auto query = [](const Words& words) { return tailQuery(words, 10).text; };
    CHECK(query({}) == "EVENTS\nTAKE 10\nSTREAM");
    CHECK(query({"logs"}) == "LOGS\nTAKE 10\nSTREAM");
    CHECK(query({"events", "process.* WHERE pid == 1"}) ==
          "EVENTS process.* WHERE pid == 1\nTAKE 10\nSTREAM");
    CHECK(query({"process.exec", "TAKE 3", "STREAM"}) == "EVENTS process.exec TAKE 3 STREAM");
    CHECK(tailQuery(Words{"events"}, 10).reversed);
    CHECK_FALSE(tailQuery(Words{"events", "SORT timestamp"}, 10).reversed);
}

TEST_CASE("arguments: index takes one field") {
    CHECK(parsed({"index", "cpu_id"}).words == Words{"cpu_id"});
    CHECK(isUsage({"index"}));
    CHECK(isUsage({"index", "a", "b"}));
}

TEST_CASE("index command: any name travels as one quoted word") {
    CHECK(evd::evctl::indexText("source.name") == "EVENTS INDEX \"source.name\"");
    CHECK(evd::evctl::indexText("a\" STREAM \\") == "EVENTS INDEX \"a\\\" STREAM \\\\\"");
}

TEST_CASE("arguments: an export names its format and its files") {
    const Arguments usual = parsed({"export", "LOGS", "FROM", "x"});
    CHECK(usual.to == "jsonl");
    CHECK(usual.words == Words{"LOGS", "FROM", "x"});
    const Arguments all =
        parsed({"export", "--to", "otlp-json", "--into", "a", "--resume", "b", "LOGS"});
    CHECK(all.to == "otlp-json");
    CHECK(all.into == "a");
    CHECK(all.resume == "b");
    CHECK(isUsage({"export"}));
    CHECK(isUsage({"export", "--to", "xml", "LOGS"}));
    CHECK(isUsage({"export", "-f", "csv", "LOGS"}));
    for (const std::string drawing : {"--plot", "--heat", "--svg=a.svg"}) {
        CAPTURE(drawing);
        CHECK(isUsage({"export", drawing, "LOGS"}));
    }
    CHECK(isUsage({"export", "--resume", "b", "LOGS"}));
    CHECK(isUsage({"export", "--resume", "a", "--into", "a", "LOGS"}));
}

TEST_CASE("arguments: an import takes one file") {
    const Arguments some = parsed({"import", "--from", "auditd", "--dry-run", "--strict", "-"});
    CHECK(some.from == "auditd");
    CHECK(some.dry_run);
    CHECK(some.strict);
    CHECK(some.words == Words{"-"});
    CHECK(isUsage({"import"}));
    CHECK(isUsage({"import", "a", "b"}));
    CHECK(isUsage({"import", "--from", "jsonl", "a"}));
}

TEST_CASE("arguments: what is no record is shown as table or JSON, or the format is refused") {
    for (const Words& command : {Words{"config", "list"}, {"sd", "show"}, {"status"}}) {
        CAPTURE(command.front());
        for (const std::string format : {"table", "pretty", "jsonl", "json", "csv", "msgpack"}) {
            CAPTURE(format);
            Words words = command;
            words.insert(words.end(), {"--format", format});
            CHECK(isUsage(words) == (format == "csv" || format == "msgpack"));
        }
    }
    CHECK(parseArguments(Words{"-f", "csv", "config", "list"}).error().text ==
          "config is shown as table, jsonl or json, not as csv; see evctl help");
}

TEST_CASE("arguments: a tail does not pass over a question in a file") {
    CHECK(isUsage({"tail", "--file", "question"}));
    CHECK(isUsage({"tail", "logs", "--file", "question"}));
}

TEST_CASE(
    "arguments: an option that means nothing to the command is refused and says whose it is") {
    const auto complaint = [](const Words& words) {
        const auto arguments = parseArguments(words);
        return arguments.ok() ? "" : arguments.error().text;
    };
    CHECK(complaint({"--kernel", "EVENTS"}) == "--kernel is for sd; see evctl help");
    CHECK(complaint({"status", "--plot"}) == "--plot is for query; see evctl help");
    CHECK(complaint({"top", "--watch"}) == "--watch is for status; see evctl help");
    CHECK(complaint({"log", "app", "text", "--follow"}) ==
          "--follow is for query and tail; see evctl help");
    CHECK(complaint({"import", "-", "--since", "1h"}) ==
          "--since is for query, tail, explain and export; see evctl help");
    CHECK(complaint({"EVENTS", "-q"}) == "--quiet is for run; see evctl help");
    CHECK(complaint({"tail", "--svg", "a.svg"}) == "--svg is for query; see evctl help");
    // Behind -- it is a word of somebody else's.
    CHECK(parsed({"run", "--", "make", "--watch"}).words == Words{"make", "--watch"});
    CHECK(parsed({"tail", "--wrap", "--no-plot"}).wrap);
    CHECK(parsed({"tail", "--since", "1h", "-n", "5"}).lines_given);
}
