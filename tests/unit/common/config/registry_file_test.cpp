#include "common/config/registry_file.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

namespace base = evd::base;
namespace config = evd::config;

namespace {

struct Parsed {
    std::optional<config::RegistryFile> file;
    std::vector<config::Problem> problems;
};

Parsed parse(std::string_view text) {
    Parsed parsed;
    parsed.file = config::parseRegistryFile(text, "a.reg", parsed.problems);
    return parsed;
}

Parsed parseValue(std::string_view type, std::string_view data) {
    return parse(base::cat(R"({"keys": [{"path": "Machine\\System\\eventd", "values": [)",
                           R"({"name": "V", "type": ")", type, R"(", "data": )", data, "}]}]}"));
}

}  // namespace

TEST_CASE("registry file: values carry the name below the root, slashes and case notwithstanding") {
    const auto parsed = parse(R"(// ours
        {"_comment": 7, "keys": [
          {"path": "machine/SYSTEM//eventd/Linux/", "values": [
            {"name": "Sensors", "type": "multi", "data": ["process"]},
            {"name": "@", "type": "sz", "data": ""}]}]})");
    REQUIRE(parsed.file);
    REQUIRE(parsed.file->values.size() == 2);
    CHECK(parsed.file->values[0].name == "Linux\\Sensors");
    CHECK(parsed.file->values[0].source == "a.reg");
    CHECK(parsed.file->values[1].name == "Linux\\@");
    CHECK(parsed.file->problems.empty());
}

TEST_CASE("registry file: keys of others are passed over, also those that begin like ours") {
    const auto parsed = parse(R"({"keys": [
        {"path": "Machine\\System\\Services\\eventd",
         "values": [{"name": "Type", "type": "dword", "data": 0}]},
        {"path": "Machine\\System\\eventdX",
         "values": [{"name": "MaxBatchSize", "type": "dword", "data": 200}]},
        {"path": "Machine\\System\\eventd"}]})");
    REQUIRE(parsed.file);
    CHECK(parsed.file->values.empty());
    CHECK(parsed.file->problems.empty());
}

TEST_CASE("registry file: broken text is refused as a whole, naming line and column") {
    const auto parsed = parse("{\n  \"keys\": [,]\n}");
    CHECK_FALSE(parsed.file);
    REQUIRE(parsed.problems.size() == 1);
    CHECK(parsed.problems[0].source == "a.reg");
    CHECK(parsed.problems[0].reason.find("line 2, column") != std::string::npos);
}

TEST_CASE("registry file: anything that is not an object with a list of keys is refused") {
    for (const char* text : {"", "[]", "7", "{}", R"({"keys": {}})", "{} {}", "\xff"}) {
        CAPTURE(text);
        CHECK_FALSE(parse(text).file);
    }
}

TEST_CASE("registry file: a file at the size limit is read, one byte more is not") {
    std::string text = R"({"keys": []})";
    text.resize(config::kRegistryFileBytesMax, ' ');
    CHECK(parse(text).file);
    text += ' ';
    CHECK_FALSE(parse(text).file);
}

TEST_CASE("registry file: deep nesting is read without harm") {
    std::string text = R"({"_comment": )";
    text += std::string(100'000, '[') + std::string(100'000, ']') + R"(, "keys": []})";
    CHECK(parse(text).file);
}

TEST_CASE("registry file: data that is wrong and nested without end is reported, and not shown") {
    const auto nested = [](size_t levels, std::string_view open, std::string_view close) {
        std::string text;
        for (size_t i = 0; i < levels; ++i) {
            text += open;
        }
        text += '7';
        for (size_t i = 0; i < levels; ++i) {
            text += close;
        }
        return text;
    };
    const auto said = [](std::string_view data) {
        const auto parsed =
            parse(base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [{"name": )",
                            R"("MaxBatchSize", "type": "dword", "data": )", data, "}]}]}"));
        REQUIRE(parsed.file);
        REQUIRE(parsed.problems.empty());
        REQUIRE(parsed.file->problems.size() == 1);
        return parsed.file->problems[0].value;
    };
    const size_t max = config::kShownDepthMax;
    CHECK(said(nested(max, "[", "]")) == nested(max, "[", "]"));
    CHECK(said(nested(max + 1, "[", "]")) == "...");
    CHECK(said(nested(500'000, "[", "]")) == "...");
    CHECK(said(nested(150'000, "{\"\":", "}")) == "...");
}

TEST_CASE("registry file: numbers fit their type or are reported with key and value") {
    struct Row {
        const char* type;
        const char* data;
        bool good;
    };
    for (const Row& row :
         {Row{"dword", "4294967295", true}, Row{"dword", "4294967296", false},
          Row{"dword", "-1", false}, Row{"dword", "1.0", false}, Row{"dword", "\"1\"", false},
          Row{"DWORD", "0", true}, Row{"qword", "18446744073709551615", true},
          Row{"qword", "18446744073709551616", false}, Row{"sz", "7", false},
          Row{"sz", "\"a\\u0000b\"", false}, Row{"multi", "[\"a\", 1]", false},
          Row{"multi", "\"a\"", false}, Row{"binary", "\"0aFF\"", true},
          Row{"binary", "\"0a0\"", false}, Row{"link", "\"x\"", false}}) {
        CAPTURE(row.type);
        CAPTURE(row.data);
        const auto parsed = parseValue(row.type, row.data);
        REQUIRE(parsed.file);
        REQUIRE(parsed.file->values.size() == 1);
        CHECK(parsed.file->values[0].data.has_value() == row.good);
        CHECK(parsed.file->problems.size() == (row.good ? 0 : 1));
        if (!row.good) {
            CHECK(parsed.file->problems[0].key == "Machine\\System\\eventd\\V");
        }
    }
}

TEST_CASE("registry file: data is shown where it is ours, and never where it is not") {
    const auto said = [](std::string_view name, std::string_view type) {
        const auto parsed =
            parse(base::cat(R"({"keys": [{"path": "Machine/System/eventd", "values": [{"name": ")",
                            name, R"(", "type": ")", type, R"(", "data": "secret"}]}]})"));
        REQUIRE(parsed.file);
        REQUIRE(parsed.file->problems.size() == 1);
        return formatProblem(parsed.file->problems[0]);
    };
    CHECK(said("MaxBatchSize", "dword").find("secret") != std::string::npos);
    CHECK(said("Security/Events/x", "sddl").find("secret") != std::string::npos);
    for (const char* type : {"dword", "sddl", "multi", "binary", "link"}) {
        CAPTURE(type);
        CHECK(said("ApiToken", type).find("secret") == std::string::npos);
        CHECK(said("MaxBatchSizes", type).find("secret") == std::string::npos);
    }
    for (const char* text : {"secret", "{\"secret\n\": 1}", "{\"keys\": \"secret\"} secret"}) {
        const auto parsed = parse(text);
        REQUIRE(parsed.problems.size() == 1);
        CHECK(parsed.problems[0].reason.find("line ") != std::string::npos);
        CHECK(parsed.problems[0].reason.find("secret") == std::string::npos);
    }
}

TEST_CASE("registry file: a bad entry is left out and the rest is used") {
    const auto parsed = parse(R"({"keys": [7, {"path": 1}, {"path": "x", "values": 1},
        {"path": "Machine\\System\\eventd", "values": [null, {"name": ""},
            {"name": "A", "type": "dword", "data": 5}]}]})");
    REQUIRE(parsed.file);
    CHECK(parsed.file->problems.size() == 5);
    REQUIRE(parsed.file->values.size() == 1);
    CHECK(parsed.file->values[0].name == "A");
}

TEST_CASE("registry file: it holds values up to a number, and what is beyond is told") {
    std::string values;
    for (size_t i = 0; i < config::kRegistryFileValuesMax; ++i) {
        values += base::cat(R"({"name": "V)", i, R"(", "type": "dword", "data": 1},)");
    }
    const auto fileOf = [](std::string_view entries) {
        return parse(base::cat(R"({"keys": [{"path": "Machine\\System\\eventd", "values": [)",
                               entries, "]}]}"));
    };
    const auto full = fileOf(std::string_view(values).substr(0, values.size() - 1));
    REQUIRE(full.file);
    CHECK(full.file->values.size() == config::kRegistryFileValuesMax);
    CHECK(full.file->problems.empty());
    const auto over = fileOf(values + R"({"name": "Over", "type": "dword", "data": 1})");
    REQUIRE(over.file);
    CHECK(over.file->values.size() == config::kRegistryFileValuesMax);
    CHECK(over.file->problems.size() == 1);
}
