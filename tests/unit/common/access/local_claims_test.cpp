#include "common/access/local_claims.h"

#include "common/access/field_access.h"
#include "common/access/unix_token.h"
#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>
#include <array>

namespace rights = evd::access;
using evd::base::cat;
using evd::test::policyOf;
using rights::localClaimsOf;
using rights::ObjectKind;

namespace {

const rights::Token kAlice = rights::tokenOfUnixUser({1001, 1001, {}}, {0, {}});

// Whether Alice may read records of this name, when this condition is set for this pattern.
bool reads(ObjectKind kind, const char* pattern, const char* name, const char* condition) {
    const rights::PatternTable table(
        policyOf(kind, {{pattern, cat("O:SYG:SYD:P(XA;;0x1;;;WD;(", condition, "))")}}));
    const std::array<std::string_view, 1> fields = {"timestamp"};
    return rights::checkFields(kAlice, table.resolve(kind, name),
                               rights::FieldTree(kind, std::span(fields)))
        .recordVisible();
}

}  // namespace

TEST_CASE("local claims: conditions of a descriptor meet its kind and pattern (Spec §9.1)") {
    const auto kinds =
        std::to_array<std::pair<ObjectKind, const char*>>({{ObjectKind::Events, "events"},
                                                           {ObjectKind::Logs, "logs"},
                                                           {ObjectKind::Metrics, "metrics"}});
    for (const auto& [kind, word] : kinds) {
        CAPTURE(word);
        const std::string is_kind = cat("@Local.kind == \"", word, '"');
        CHECK(reads(kind, "kacs", "kacs", is_kind.c_str()));
        CHECK(reads(kind, "*", "kacs", is_kind.c_str()));
        CHECK_FALSE(reads(kind, "kacs", "kacs", "@Local.kind == \"publish-logs\""));
    }
    // The pattern, not the name that falls under it; as everywhere, without case.
    CHECK(reads(ObjectKind::Events, "kacs", "kacs.denied", "@Local.pattern == \"kacs\""));
    CHECK(reads(ObjectKind::Events, "kacs", "kacs.denied", "@Local.pattern == \"KACS\""));
    CHECK_FALSE(
        reads(ObjectKind::Events, "kacs", "kacs.denied", "@Local.pattern == \"kacs.denied\""));
    CHECK(reads(ObjectKind::Events, "*", "kacs.denied", "@Local.pattern == \"*\""));
    CHECK_FALSE(reads(ObjectKind::Events, "kacs", "kacs", "Exists @Local.name"));
}

TEST_CASE("local claims: a pattern that can be no claim is left out, the kind never") {
    const auto names = [](std::string_view pattern) {
        std::string out;
        const auto made = localClaimsOf(ObjectKind::Logs, pattern);
        for (const auto& claim : made.claims()) {
            out += claim.name + " ";
        }
        return out;
    };
    CHECK(names("web") == "kind pattern ");
    CHECK(names("") == "kind pattern ");
    CHECK(names("w\xc3\xa4"
                "b") == "kind pattern ");
    CHECK(names("\xff") == "kind ");
    CHECK(names(std::string_view("a\0b", 3)) == "kind ");
}

TEST_CASE("local claims: never more than an access check takes (PSD-004 §13.1)") {
    const auto bytes = [](size_t letters) {
        return localClaimsOf(ObjectKind::Logs, std::string(letters, 'a')).bytes().size();
    };
    const size_t without = bytes(40'000);  // the kind alone
    const size_t one = bytes(1);
    const size_t most = (rights::kLocalClaimsBytesMax - one) / 2 + 1;  // two bytes a letter
    CHECK(bytes(most - 1) == one + 2 * (most - 2));
    CHECK(bytes(most) <= rights::kLocalClaimsBytesMax);
    CHECK(bytes(most) > without);
    CHECK(bytes(most + 1) == without);
}
