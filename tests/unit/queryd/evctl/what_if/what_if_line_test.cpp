#include "queryd/evctl/what_if/what_if_line.h"

#include "common/base/text.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>
#include <algorithm>

namespace evd::evctl {
namespace {

std::string hexOf(std::string_view sddl) {
    return base::encodeHex(test::bytesOfSddl(sddl));
}

// A question about this descriptor with these further members.
std::string ask(std::string_view sddl, std::string_view token, std::string_view more = "") {
    return answerWhatIf(
        base::cat(R"({"sd":")", hexOf(sddl), R"(","desired":1,"token":{)", token, "}", more, "}"),
        7);
}

constexpr const char* kUser = R"("user":"S-1-22-1-1000")";
constexpr const char* kOpen = "O:SYD:(A;;CC;;;S-1-22-1-1000)";

TEST_CASE("what-if: an answer says what is granted (contracts §8)") {
    CHECK(ask(kOpen, kUser) == R"({"granted":1,"allowed":true})");
    CHECK(ask("O:SYD:", kUser) == R"({"granted":0,"allowed":false})");
}

TEST_CASE("what-if: with a tree it says so for every node (contracts §8)") {
    const char* tree = R"(,"tree":[{"level":0,"guid":"{a1b2c3d4-0001-4000-8000-000000000001}"},)"
                       R"({"level":1,"guid":"341d2267-b9db-536b-b36c-94ab6cd47e4c"}])";
    CHECK(
        ask("O:SYD:(OA;;CC;341d2267-b9db-536b-b36c-94ab6cd47e4c;;S-1-22-1-1000)(A;;CC;;;SY)", kUser,
            tree) ==
        R"({"granted":1,"allowed":true,"nodes":[{"granted":1,"status":0},{"granted":1,"status":0}]})");
    CHECK(
        ask("O:SYD:", kUser, tree) ==
        R"({"granted":0,"allowed":false,"nodes":[{"granted":0,"status":-13},{"granted":0,"status":-13}]})");
    CHECK(ask(kOpen, kUser, R"(,"tree":null)") == R"({"granted":1,"allowed":true})");
}

TEST_CASE("what-if: absent keys have the defaults of contracts §8") {
    // Medium integrity: a High label keeps CLEAR away. The mapping is eventd's.
    const char* labelled = "O:SYD:(A;;GA;;;S-1-22-1-1000)S:(ML;;NW;;;HI)";
    const auto granted = [&](std::string_view token, std::string_view more) {
        return answerWhatIf(base::cat(R"({"sd":")", hexOf(labelled),
                                      R"(","desired":33554432,"token":{)", token, "}", more, "}"),
                            1);
    };
    CHECK(granted(kUser, "") == R"({"granted":1,"allowed":true})");
    CHECK(granted(base::cat(kUser, R"(,"integrity":12288)"), "") ==
          R"({"granted":983043,"allowed":true})");
    CHECK(granted(base::cat(kUser, R"(,"mandatory_policy":0)"), "") ==
          R"({"granted":983043,"allowed":true})");
    CHECK(granted(kUser, R"(,"mapping":[1,2,4,7])") == R"({"granted":5,"allowed":true})");
}

TEST_CASE("what-if: every part of a token counts") {
    CHECK(ask("O:SYD:(A;;CC;;;BU)",
              base::cat(kUser, R"(,"groups":[{"sid":"S-1-5-32-545","attributes":4}])")) ==
          R"({"granted":1,"allowed":true})");
    CHECK(ask("O:SYD:(A;;CC;;;BU)",
              base::cat(kUser, R"(,"groups":[{"sid":"S-1-5-32-545","attributes":16}])")) ==
          R"({"granted":0,"allowed":false})");
    CHECK(ask(kOpen, base::cat(kUser, R"(,"user_deny_only":true)")) ==
          R"({"granted":0,"allowed":false})");
    CHECK(ask(kOpen, base::cat(kUser, R"(,"restricted_sids":[{"sid":"S-1-5-12"}])")) ==
          R"({"granted":0,"allowed":false})");
    CHECK(ask(kOpen, base::cat(kUser, R"(,"confinement_sid":"S-1-15-2-7")")) ==
          R"({"granted":0,"allowed":false})");
    CHECK(ask(kOpen,
              base::cat(kUser, R"(,"confinement_sid":"S-1-15-2-7","confinement_exempt":true)")) ==
          R"({"granted":1,"allowed":true})");
    CHECK(ask("O:SYD:", base::cat(kUser, R"(,"privileges":131072)"), R"(,"privilege_intent":1)") ==
          R"({"granted":131073,"allowed":true})");
    CHECK(ask("O:SYD:(A;;CC;;;PS)", kUser, R"(,"self_sid":"S-1-22-1-1000")") ==
          R"({"granted":1,"allowed":true})");
    CHECK(ask("O:SYD:(A;;CC;;;S-1-22-1-1000)S:(TL;;0x0;;;S-1-19-1-1)", kUser, R"(,"pip":[1,1])") ==
          R"({"granted":1,"allowed":true})");
    CHECK(ask("O:SYD:(A;;CC;;;S-1-22-1-1000)S:(TL;;0x0;;;S-1-19-1-1)", kUser) ==
          R"({"granted":0,"allowed":false})");
}

TEST_CASE("what-if: what the check refuses is an errno (contracts §8)") {
    CHECK(ask(kOpen, base::cat(kUser, R"(,"impersonation_level":1)")) == R"({"error":"EACCES"})");
    CHECK(ask("D:", kUser) == R"({"error":"EINVAL"})");
    CHECK(ask(kOpen, base::cat(kUser, R"(,"write_restricted":true)")) == R"({"error":"EINVAL"})");
    CHECK(ask(kOpen, kUser, R"(,"tree":[])") == R"({"error":"EINVAL"})");
    CHECK(ask(kOpen, kUser,
              R"(,"tree":[{"level":1,"guid":"{a1b2c3d4-0001-4000-8000-000000000001}"}])") ==
          R"({"error":"EINVAL"})");
    CHECK(ask(kOpen, kUser, R"(,"local_claims":"00")") == R"({"error":"EINVAL"})");
    CHECK(ask(kOpen, base::cat(kUser, R"(,"user_claims":"00000000")")) == R"({"error":"EINVAL"})");
    CHECK(answerWhatIf(R"({"sd":"","desired":1,"token":{"user":"S-1-5-18"}})", 1) ==
          R"({"error":"EINVAL"})");
    CHECK(answerWhatIf(R"({"sd":"00ff","desired":1,"token":{"user":"S-1-5-18"}})", 1) ==
          R"({"error":"EINVAL"})");
}

TEST_CASE("what-if: 65536 bytes of local claims are taken, more are EINVAL (peios-abi §3.8)") {
    for (const size_t bytes : {size_t{65'536}, size_t{65'537}}) {
        // One claim without values, with unused bytes up to the length wanted.
        std::vector<uint8_t> claims(bytes);
        const size_t entry = bytes - 4;
        claims[0] = static_cast<uint8_t>(entry);
        claims[1] = static_cast<uint8_t>(entry >> 8);
        claims[4] = 16;
        claims[8] = 1;
        CHECK(ask(kOpen, kUser, base::cat(R"(,"local_claims":")", base::encodeHex(claims), '"')) ==
              (bytes <= 65'536 ? R"({"granted":1,"allowed":true})" : R"({"error":"EINVAL"})"));
    }
}

// Faults of structure are found before an identification token is refused (peios-abi §9, 6).
TEST_CASE("what-if: a malformed descriptor is EINVAL for an identification token too") {
    CHECK(answerWhatIf(
              R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18","impersonation_level":1}})",
              1) == R"({"error":"EINVAL"})");
}

TEST_CASE("what-if: what cannot be read names its line (contracts §8)") {
    CHECK(answerWhatIf("", 3) == R"({"error":"not a JSON object","line":3})");
    CHECK(answerWhatIf("[1]", 3) == R"({"error":"not a JSON object","line":3})");
    CHECK(answerWhatIf("{", 3) == R"({"error":"not a JSON object","line":3})");
    for (const char* line :
         {R"({})", R"({"sd":1,"desired":1,"token":{"user":"S-1-5-18"}})",
          R"({"sd":"zz","desired":1,"token":{"user":"S-1-5-18"}})",
          R"({"sd":"00","desired":-1,"token":{"user":"S-1-5-18"}})",
          R"({"sd":"00","desired":4294967296,"token":{"user":"S-1-5-18"}})",
          R"({"sd":"00","desired":1.5,"token":{"user":"S-1-5-18"}})", R"({"sd":"00","desired":1})",
          R"({"sd":"00","desired":1,"token":[]})", R"({"sd":"00","desired":1,"token":{}})",
          R"({"sd":"00","desired":1,"token":{"user":"SY"}})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18","groups":{}}})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18","groups":[{}]}})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18","groups":["S-1-1-0"]}})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18","impersonation_level":4}})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18"},"mapping":[1,2,3]})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18"},"pip":[1,-2]})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18"},"tree":[{"level":0}]})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18"},"tree":[{"guid":"x"}]})",
          R"({"sd":"00","desired":1,"token":{"user":"S-1-5-18"},"local_claims":"0"})"}) {
        CAPTURE(line);
        CHECK(answerWhatIf(line, 3).ends_with(R"(,"line":3})"));
    }
}

TEST_CASE("what-if: lines are answered in order, however the bytes arrive") {
    const std::string lines = "{}\n\nx\r\n" + std::string(R"({"sd":"00")");
    std::string whole;
    WhatIfSession at_once;
    at_once.add(lines, whole);
    at_once.finish(whole);
    std::string pieces;
    WhatIfSession one_by_one;
    for (const char letter : lines) {
        one_by_one.add({&letter, 1}, pieces);
    }
    one_by_one.finish(pieces);
    CHECK(whole == pieces);
    CHECK(std::count(whole.begin(), whole.end(), '\n') == 4);
    CHECK(whole.find(R"("line":4})") != std::string::npos);
}

TEST_CASE("what-if: a line that is too long is answered and the next one too") {
    std::string answers;
    WhatIfSession session;
    session.add(std::string(kWhatIfLineBytesMax, ' ') + "\n", answers);
    CHECK(answers == "{\"error\":\"not a JSON object\",\"line\":1}\n");
    answers.clear();
    session.add(std::string(kWhatIfLineBytesMax + 1, ' ') + "\nx\n", answers);
    CHECK(answers ==
          "{\"error\":\"longer than 4194304 bytes\",\"line\":2}\n"
          "{\"error\":\"not a JSON object\",\"line\":3}\n");
}

}  // namespace
}  // namespace evd::evctl
