#include "common/access/field_access.h"

#include "common/access/unix_token.h"
#include "common/base/text.h"
#include "tests/support/access_scene.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>

using evd::access::checkFields;
using evd::access::fieldGuid;
using evd::access::FieldTree;
using evd::access::FieldVerdict;
using evd::access::fixedFields;
using evd::access::ObjectKind;
using evd::access::PatternTable;
using evd::access::telltaleFields;
using evd::access::Token;
using evd::base::cat;
using evd::base::Guid;
using evd::test::guidText;
using evd::test::policyOf;

namespace {

const Token kAlice = evd::access::tokenOfUnixUser({1001, 1001, {1500}}, {0, {}});

std::string fieldRule(const char* type, std::string_view field, const char* sid) {
    return cat("(", type, ";;0x1;", guidText(fieldGuid(field)), ";;", sid, ")");
}

FieldVerdict verdictOf(const std::string& sddl, const std::vector<std::string_view>& fields,
                       const Token& token = kAlice) {
    const PatternTable table(policyOf(ObjectKind::Events, {{"*", sddl}}));
    return checkFields(token, table.resolve(ObjectKind::Events, "x"),
                       FieldTree(ObjectKind::Events, std::span(fields)));
}

// Names f0, f1, ... that live as long as the test.
struct ManyFields {
    explicit ManyFields(size_t count) {
        for (size_t index = 0; index < count; ++index) {
            texts.push_back(cat("f", index));
        }
        names.assign(texts.begin(), texts.end());
    }
    std::vector<std::string> texts;
    std::vector<std::string_view> names;
};

}  // namespace

TEST_CASE("fields: the published identifiers (Spec §13.1, Ruling A3)") {
    CHECK(guidText(fieldGuid("timestamp")) == "341d2267-b9db-536b-b36c-94ab6cd47e4c");
    CHECK(guidText(evd::access::rootGuid(ObjectKind::Events)) ==
          "a1b2c3d4-0001-4000-8000-000000000001");
    CHECK(guidText(evd::access::rootGuid(ObjectKind::Logs)) ==
          "a1b2c3d4-0001-4000-8000-000000000002");
    CHECK(guidText(evd::access::rootGuid(ObjectKind::Metrics)) ==
          "a1b2c3d4-0001-4000-8000-000000000003");
}

TEST_CASE("fields: the example of the specification, three fields and nothing else (Ruling A2)") {
    const std::string sddl = cat(
        "O:SYD:(A;;0x1;;;BA)", fieldRule("OA", "timestamp", "S-1-22-2-1500"),
        fieldRule("OA", "event_type", "S-1-22-2-1500"), fieldRule("OA", "cpu_id", "S-1-22-2-1500"));
    const auto verdict = verdictOf(sddl, {"timestamp", "event_type", "cpu_id", "uid"});
    CHECK_FALSE(verdict.root);
    CHECK(verdict.recordVisible());
    CHECK(verdict.fields == std::vector<bool>{true, true, true, false});
    const Token bob = evd::access::tokenOfUnixUser({1002, 1002, {}}, {0, {}});
    CHECK_FALSE(verdictOf(sddl, {"timestamp", "uid"}, bob).recordVisible());
}

TEST_CASE("fields: a denied field is hidden, the others are not") {
    const auto verdict = verdictOf(cat("O:SYD:", fieldRule("OD", "uid", "WD"), "(A;;0x1;;;AU)"),
                                   {"timestamp", "uid"});
    CHECK(verdict.fields == std::vector<bool>{true, false});
    CHECK(verdict.recordVisible());
}

TEST_CASE("fields: a field that occurs twice has one node (Ruling A3)") {
    const std::vector<std::string_view> fields = {"a", "b", "a"};
    const FieldTree tree(ObjectKind::Events, std::span(fields));
    CHECK(tree.tree().size() == 3);
    CHECK(tree.nodeOf(0) == tree.nodeOf(2));
    CHECK(tree.fieldCount() == 3);
}

TEST_CASE("fields: 1023 different fields are decided, what is beyond is denied (Ruling A3)") {
    for (const size_t count : {size_t{1022}, size_t{1023}, size_t{1024}}) {
        const ManyFields many(count);
        const auto verdict = verdictOf("O:SYD:(A;;0x1;;;AU)", many.names);
        CHECK(verdict.fields[1021]);
        CHECK(verdict.shows(count - 1) == (count <= FieldTree::kFieldsMax));
    }
    ManyFields many(1024);
    many.names.push_back("f0");     // has its node already
    many.names.push_back("f1023");  // has found none, and does not now
    const auto verdict = verdictOf("O:SYD:(A;;0x1;;;AU)", many.names);
    CHECK(verdict.shows(1024));
    CHECK_FALSE(verdict.shows(1025));
}

TEST_CASE("fields: what the check refuses to answer is denied") {
    CHECK_FALSE(verdictOf("D:(A;;0x1;;;WD)", {"a"}).recordVisible());  // no owner
    Token token = kAlice;
    token.impersonation_level = evd::access::ImpersonationLevel::Identification;
    CHECK_FALSE(verdictOf("O:SYD:(A;;0x1;;;WD)", {"a"}, token).recordVisible());
}

TEST_CASE("fields: the default verdict shows nothing, and none shows a field it was not asked") {
    CHECK_FALSE(FieldVerdict().recordVisible());
    CHECK_FALSE(FieldVerdict().shows(0));
    CHECK_FALSE(verdictOf("O:SYD:(A;;0x1;;;WD)", {"a"}).shows(1));
}

TEST_CASE("fields: other rights do not open a record (Ruling A1)") {
    CHECK_FALSE(verdictOf("O:SYD:(A;;0xF0002;;;WD)", {"a"}).recordVisible());
    CHECK(verdictOf("O:SYD:(A;;GR;;;WD)", {"a"}).recordVisible());
}

TEST_CASE("fields: telltales are the named ones and one that is not named, logs their own") {
    const PatternTable table(
        policyOf(ObjectKind::Events,
                 {{"*", cat("O:SYD:", fieldRule("OA", "uid", "WD"), fieldRule("OA", "uid", "AU"),
                            "(OA;;0x1;a1b2c3d4-0001-4000-8000-000000000000;;WD)")}}));
    const auto& pattern = table.resolve(ObjectKind::Events, "x");
    const auto fields = telltaleFields(ObjectKind::Events, pattern);
    REQUIRE(fields.size() == 3);
    // A rule that names what would have stood for the others gets nothing by it.
    const auto verdict =
        checkFields(kAlice, pattern, FieldTree(ObjectKind::Events, std::span(fields)));
    CHECK_FALSE(verdict.shows(0));
    CHECK(verdict.recordVisible());
    CHECK(telltaleFields(ObjectKind::Logs, pattern).size() == fixedFields(ObjectKind::Logs).size());
}
