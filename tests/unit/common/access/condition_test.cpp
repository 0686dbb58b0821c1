#include "common/access/condition.h"
#include "common/access/condition_codes.h"
#include "common/access/condition_reader.h"
#include "common/access/condition_text.h"
#include "common/access/little_endian.h"
#include "common/base/text.h"
#include "tests/support/access_scene.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

using Bytes = std::vector<uint8_t>;
using test::claimSet;
using test::integerClaim;
using test::sidOf;
using test::textClaim;

// A caller with some claims and groups, and questions put as text.
struct Caller {
    Token token;
    ClaimSet resource;
    ClaimSet local;
    ConditionContext context;

    Caller() {
        token.user = sidOf("S-1-22-1-1000");
        token.groups = {{sidOf("S-1-5-32-544"), kGroupEnabled},
                        {sidOf("S-1-5-32-545"), kGroupDenyOnly},
                        {sidOf("S-1-5-32-546"), 0}};
        token.device_groups = {{sidOf("S-1-5-21-1-515"), kGroupEnabled}};
        token.user_claims = claimSet({
            integerClaim("level", {5}),
            textClaim("Name", {"Anna"}),
            integerClaim("numbers", {1, 2, 3}),
            integerClaim("empty", {}),
            integerClaim("zero", {0}),
            integerClaim("denyonly", {1}, kClaimDenyOnly),
            integerClaim("disabled", {1}, kClaimDisabled),
            textClaim("exact", {"Anna"}, kClaimCaseSensitive),
            {"big", kClaimUnsigned, 0, {test::eightBytes(~uint64_t{0})}},
            {"octets", kClaimOctets, 0, {{0x41, 0x62}}},
            {"yes", kClaimBoolean, 0, {test::eightBytes(9)}},
        });
        resource = claimSet({integerClaim("secrecy", {3})});
        local = claimSet({textClaim("where", {"here"})});
    }

    TriState evaluate(const Bytes& bytecode, Polarity polarity = Polarity::Allow) {
        context.token = &token;
        context.groups = &token.groups;
        context.device_groups = &token.device_groups;
        context.resource_claims = resource.claims();
        context.local_claims = local.claims();
        ConditionBudget budget;
        return evaluateCondition(bytecode, context, polarity, budget);
    }
    std::string ask(std::string_view text, Polarity polarity = Polarity::Allow) {
        const auto bytecode = compileCondition(text);
        if (!bytecode.ok()) {
            return bytecode.error().text;
        }
        const TriState state = evaluate(bytecode.value(), polarity);
        return state == TriState::True ? "true" : state == TriState::False ? "false" : "unknown";
    }
};

std::string ask(std::string_view text, Polarity polarity = Polarity::Allow) {
    return Caller().ask(text, polarity);
}

Bytes bytecodeOf(std::string_view hex) {
    Bytes bytes(kConditionMagic.begin(), kConditionMagic.end());
    appendBytes(bytes, base::decodeHex(hex).value());
    return bytes;
}

constexpr const char* kOne = "0401000000000000000302";

TEST_CASE("condition: the tables of three-valued logic (PSD-004 §3.8)") {
    const std::string t = "1 == 1";
    const std::string f = "1 == 2";
    const std::string u = "1 == \"a\"";
    CHECK(ask(t) == "true");
    CHECK(ask(f) == "false");
    CHECK(ask(u) == "unknown");
    for (const auto& [left, right, both, either] :
         std::vector<std::array<std::string, 4>>{{t, t, "true", "true"},
                                                 {t, f, "false", "true"},
                                                 {t, u, "unknown", "true"},
                                                 {f, f, "false", "false"},
                                                 {f, u, "false", "unknown"},
                                                 {u, u, "unknown", "unknown"}}) {
        CHECK(ask(left + " && " + right) == both);
        CHECK(ask(right + " && " + left) == both);
        CHECK(ask(left + " || " + right) == either);
        CHECK(ask(right + " || " + left) == either);
    }
    CHECK(ask("!(" + t + ")") == "false");
    CHECK(ask("!(" + f + ")") == "true");
    CHECK(ask("!(" + u + ")") == "unknown");
}

TEST_CASE("condition: numbers compare by value, signed and unsigned too (§3.8)") {
    CHECK(ask("@User.level == 5") == "true");
    CHECK(ask("@User.level > 4 && @User.level >= 5 && @User.level < 6 && @User.level <= 5") ==
          "true");
    CHECK(ask("@User.level != 5") == "false");
    CHECK(ask("@User.big > 5") == "true");
    CHECK(ask("-1 < @User.big") == "true");
    CHECK(ask("@User.big > -1") == "true");
    CHECK(ask("@User.big == -1") == "false");
    CHECK(ask("@User.yes == 1") == "true");
    CHECK(ask("@User.level < \"6\"") == "unknown");
    CHECK(ask("SID(SY) < SID(BA)") == "unknown");
    CHECK(ask("SID(SY) == SID(SY)") == "true");
}

TEST_CASE("condition: text folds ASCII letters unless the claim says otherwise (§3.11)") {
    CHECK(ask("@User.name == \"ANNA\"") == "true");
    CHECK(ask("@User.exact == \"ANNA\"") == "false");
    CHECK(ask("@User.exact == \"Anna\"") == "true");
    CHECK(ask("@User.name == @User.exact") == "true");
    CHECK(ask("\"a\" < \"B\"") == "true");
    CHECK(ask("\"ab\" > \"a\"") == "true");
    CHECK(ask("\"ä\" == \"Ä\"") == "false");
    CHECK(ask("@User.octets == #6142") == "true");
    CHECK(ask("@User.octets == \"Ab\"") == "unknown");
    // The high byte of U+4100 folds as if it were the letter A: the kernel compares bytes.
    CHECK(ask("\"\xE4\x84\x80\" == \"\xE6\x84\x80\"") == "true");
}

TEST_CASE("condition: attributes are found without case, in four places (§3.8)") {
    CHECK(ask("@User.LEVEL == 5 && @user.Level == 5") == "true");
    CHECK(ask("@Resource.secrecy == 3") == "true");
    CHECK(ask("@Local.where == \"here\" && where == \"here\"") == "true");
    CHECK(ask("Exists @Device.level") == "false");
    CHECK(ask("Exists @User.level && Not_Exists @User.nothing") == "true");
    CHECK(ask("Exists @User.empty || Exists @User.disabled") == "false");
}

TEST_CASE("condition: deny-only claims are seen when denying, not when allowing (§3.8)") {
    CHECK(ask("@User.denyonly == 1") == "unknown");
    CHECK(ask("@User.denyonly == 1", Polarity::Deny) == "true");
    CHECK(ask("Exists @User.denyonly") == "false");
    CHECK(ask("Exists @User.denyonly", Polarity::Deny) == "true");
    CHECK(ask("Exists @User.disabled", Polarity::Deny) == "false");
}

TEST_CASE("condition: what is absent is UNKNOWN, even against what is absent (§3.8)") {
    CHECK(ask("@User.nothing == 1") == "unknown");
    CHECK(ask("@User.nothing != 1") == "unknown");
    CHECK(ask("@User.nothing == @Device.nothing") == "unknown");
    CHECK(ask("@User.nothing < 1") == "unknown");
    CHECK(ask("@User.nothing Contains 1") == "unknown");
    CHECK(ask("@User.nothing Any_of {1}") == "unknown");
    // Sets of different sizes are unequal whatever is in them (Ruling V2, D-28).
    CHECK(ask("@User.nothing == {1, 2}") == "false");
    CHECK(ask("@User.nothing != {1, 2}") == "true");
}

TEST_CASE("condition: sets compare as sets (§3.11)") {
    CHECK(ask("@User.numbers == {3, 2, 1}") == "true");
    CHECK(ask("@User.numbers == {1, 2}") == "false");
    CHECK(ask("{1, 1, 2} == {1, 2, 2}") == "true");
    CHECK(ask("@User.numbers Contains {1, 3}") == "true");
    CHECK(ask("@User.numbers Contains {1, 4}") == "false");
    CHECK(ask("@User.numbers Contains 2") == "true");
    CHECK(ask("@User.numbers Contains {}") == "true");
    CHECK(ask("@User.numbers Not_Contains 4") == "true");
    CHECK(ask("@User.numbers Any_of {9, 3}") == "true");
    CHECK(ask("@User.numbers Any_of {9}") == "false");
    CHECK(ask("@User.numbers Any_of {}") == "false");
    CHECK(ask("@User.numbers Not_Any_of {9}") == "true");
    CHECK(ask("@User.level == {5}") == "true");
    CHECK(ask("{5} < {6}") == "true");
    CHECK(ask("{5, 6} < 7") == "unknown");
    CHECK(ask("{1, \"a\"} Contains \"b\"") == "unknown");
    CHECK(ask("{1, \"a\"} Contains \"a\"") == "true");
    CHECK(ask("{1} Contains {2, \"a\"}") == "false");
}

TEST_CASE("condition: nested sets contain one another (peios-abi §9, 2)") {
    CHECK(ask("{{1, 2}} == {{2, 1}}") == "true");
    CHECK(ask("{{1, 1}} == {{1}}") == "true");
    CHECK(ask("{{1}} == {{2}}") == "false");
    CHECK(ask("{{1}} Contains 1") == "true");
    CHECK(ask("{{}} == {{}}") == "true");
    CHECK(ask("@User.nothing == {{}}") == "false");
    CHECK(ask("@User.nothing Contains {{}}") == "false");
}

TEST_CASE("condition: membership looks at groups, by polarity, and not at the user (§3.8)") {
    CHECK(ask("Member_of {SID(BA)}") == "true");
    CHECK(ask("Member_of {SID(BA), SID(BU)}") == "false");
    CHECK(ask("Member_of {SID(BA), SID(BU)}", Polarity::Deny) == "true");
    CHECK(ask("Member_of_Any {SID(BU), SID(BA)}") == "true");
    CHECK(ask("Member_of SID(BG)", Polarity::Deny) == "false");
    CHECK(ask("Member_of SID(S-1-22-1-1000)") == "false");
    CHECK(ask("Not_Member_of {SID(BU)}") == "true");
    CHECK(ask("Not_Member_of_Any {SID(BA)}") == "false");
    CHECK(ask("Member_of {}") == "true");
    CHECK(ask("Member_of_Any {}") == "false");
    CHECK(ask("Not_Member_of {}") == "false");
    CHECK(ask("Device_Member_of {SID(S-1-5-21-1-515)}") == "true");
    CHECK(ask("Device_Member_of {SID(BA)}") == "false");
    CHECK(ask("Device_Member_of_Any {SID(BA), SID(S-1-5-21-1-515)}") == "true");
    CHECK(ask("Not_Device_Member_of {SID(BA)}") == "true");
    CHECK(ask("Not_Device_Member_of_Any {SID(S-1-5-21-1-515)}") == "false");
}

TEST_CASE("condition: the first group with a SID decides (peios-abi §3.9)") {
    Caller caller;
    caller.token.groups.insert(caller.token.groups.begin(), {sidOf("S-1-5-32-544"), 0});
    CHECK(caller.ask("Member_of {SID(BA)}") == "false");
}

TEST_CASE("condition: Owner Rights and Principal Self are groups of their own kind (§3.8)") {
    Caller caller;
    CHECK(caller.ask("Member_of {SID(OW)}") == "false");
    caller.context.caller_is_owner = true;
    CHECK(caller.ask("Member_of {SID(OW)}") == "true");
    CHECK(caller.ask("Device_Member_of {SID(OW)}") == "false");
    caller.context.device_sees_virtual_groups = true;
    CHECK(caller.ask("Device_Member_of {SID(OW)}") == "true");
    CHECK(caller.ask("Member_of {SID(PS)}") == "false");
    caller.context.self_sid = caller.token.user;
    CHECK(caller.ask("Member_of {SID(PS)}") == "true");
    caller.token.user_deny_only = true;
    CHECK(caller.ask("Member_of {SID(PS)}") == "false");
    CHECK(caller.ask("Member_of {SID(PS)}", Polarity::Deny) == "true");
    caller.context.self_sid = sidOf("S-1-5-32-545");
    CHECK(caller.ask("Member_of {SID(PS)}") == "false");
    CHECK(caller.ask("Member_of {SID(PS)}", Polarity::Deny) == "true");
    caller.context.self_matches = true;
    CHECK(caller.ask("Member_of {SID(PS)}") == "true");
}

TEST_CASE("condition: an attribute under a logical operator is its truth (§3.8)") {
    CHECK(ask("@User.level && 1 == 1") == "true");
    CHECK(ask("!@User.zero") == "true");
    CHECK(ask("!@User.nothing") == "unknown");
    CHECK(ask("@User.name && @User.big") == "true");
    CHECK(ask("@User.numbers || 1 == 2") == "unknown");
    CHECK(ask("@User.octets && 1 == 1") == "unknown");
}

TEST_CASE("condition: a literal under a logical operator is UNKNOWN there (Ruling V2, D-13)") {
    Caller caller;
    const std::string yes = std::string(kOne) + kOne + "80";
    CHECK(caller.evaluate(bytecodeOf(std::string(kOne) + "a2")) == TriState::Unknown);
    CHECK(caller.evaluate(bytecodeOf(yes + kOne + "a0")) == TriState::Unknown);
    CHECK(caller.evaluate(bytecodeOf(yes + kOne + "a0" + yes + "a1")) == TriState::True);
    CHECK(caller.evaluate(bytecodeOf(std::string(kOne) + "87")) == TriState::Unknown);
}

TEST_CASE("condition: whatever is malformed is UNKNOWN (§3.8, §3.11)") {
    Caller caller;
    const std::string yes = std::string(kOne) + kOne + "80";
    CHECK(caller.evaluate(bytecodeOf(yes)) == TriState::True);
    CHECK(caller.evaluate(bytecodeOf(yes + "000000")) == TriState::True);
    const std::vector<std::string> malformed = {
        "",                                                   // no result
        kOne,                                                 // a value at the end
        yes + yes,                                            // two results
        yes + "00" + "01",                                    // something behind the padding
        "80",                                                 // nothing to compare
        yes + kOne + "80",                                    // a result is no value
        "ff",                                                 // no such code
        "04010000",                                           // cut off
        "0401000000000000000402" + std::string(kOne) + "80",  // no such sign
        "0401000000000000000300" + std::string(kOne) + "80",  // no such base
        "0180000000000000000302" + std::string(kOne) + "80",  // 128 in a byte
        "10010000006100",                                     // an odd string
        "1002000000"
        "00d8",                    // a lone surrogate
        "5103000000010100",        // no SID
        "f9ff0000006100",          // a name beyond the end
        std::string(kOne) + "89",  // membership of a number
    };
    for (const std::string& hex : malformed) {
        CAPTURE(hex);
        CHECK(caller.evaluate(bytecodeOf(hex)) == TriState::Unknown);
    }
    CHECK(caller.evaluate({}) == TriState::Unknown);
    CHECK(caller.evaluate({0x61, 0x72, 0x74}) == TriState::Unknown);
    CHECK(caller.evaluate({0x61, 0x72, 0x74, 0x79}) == TriState::Unknown);
}

TEST_CASE("condition: the sign byte decides the sign (§3.11)") {
    Caller caller;
    const std::string minus_one = "04ffffffffffffffff0202";
    const std::string also_minus_one = "0401000000000000000202";
    const std::string plus_one = "04ffffffffffffffff0302";
    CHECK(caller.evaluate(bytecodeOf(minus_one + also_minus_one + "80")) == TriState::True);
    CHECK(caller.evaluate(bytecodeOf(plus_one + kOne + "80")) == TriState::True);
    const std::string least = "0400000000000000800202";
    CHECK(caller.evaluate(bytecodeOf(least + least + "80")) == TriState::True);
    const std::string beyond = "0400000000000000800302";
    CHECK(caller.evaluate(bytecodeOf(beyond + beyond + "80")) == TriState::Unknown);
    const std::string least_byte = "0180000000000000000202";
    CHECK(caller.evaluate(bytecodeOf(least_byte + least_byte + "80")) == TriState::True);
}

TEST_CASE("condition: a composite's last element is read whole (peios-abi §9, 1)") {
    Caller caller;
    const std::string overhang = "5001000000" + std::string(kOne);
    CHECK(caller.evaluate(bytecodeOf(overhang + kOne + "80")) == TriState::True);
    CHECK(caller.evaluate(bytecodeOf("50010000000080")) == TriState::Unknown);  // padding inside
}

Bytes nested(size_t depth) {
    Bytes inner;
    for (size_t level = 0; level < depth; ++level) {
        Bytes outer = {kCodeComposite};
        append32(outer, static_cast<uint32_t>(inner.size()));
        appendBytes(outer, inner);
        inner = outer;
    }
    return inner;
}

TEST_CASE("condition: composites nest 64 deep, not 65 (peios-abi §3.9)") {
    Caller caller;
    for (const size_t depth : {size_t{63}, size_t{64}, size_t{65}}) {
        Bytes bytes(kConditionMagic.begin(), kConditionMagic.end());
        appendBytes(bytes, nested(depth));
        appendBytes(bytes, nested(depth));
        bytes.push_back(kCodeEqual);
        CHECK(caller.evaluate(bytes) == (depth <= 64 ? TriState::True : TriState::Unknown));
    }
}

TEST_CASE("condition: 1024 entries fit the stack, 1025 do not (§3.8)") {
    Caller caller;
    for (const size_t count : {size_t{1024}, size_t{1025}}) {
        // So many results, then all of them under OR.
        std::string hex = std::string(kOne) + kOne + "80";
        std::string ors;
        for (size_t index = 2; index < count; ++index) {
            hex += "f90200000061008d";
            ors += "a1";
        }
        hex += "f9020000006100";  // the last one a value, so that the stack is full
        hex += "8d" + ors + "a1";
        CHECK(caller.evaluate(bytecodeOf(hex)) ==
              (count <= 1024 ? TriState::True : TriState::Unknown));
    }
}

// Sets whose naive comparison doubles with every level: {{..{1}, {1}..}, ..}.
std::string doubling(size_t depth) {
    std::string text = "{1}";
    for (size_t level = 0; level < depth; ++level) {
        text = "{" + text + ", 2}";
    }
    return text;
}

TEST_CASE("condition: nesting costs no more than the product of the sizes (peios-abi §9, 7)") {
    CHECK(ask(doubling(8) + " == " + doubling(8)) == "true");
    CHECK(ask(doubling(60) + " == " + doubling(60)) == "true");
}

TEST_CASE("condition: what exceeds the budget is UNKNOWN, and so is its negation") {
    Caller caller;
    std::string left = "{0";
    std::string right = "{0";
    for (int index = 1; index < 200; ++index) {
        left += base::cat(',', index);
        right += base::cat(',', 200 - index);
    }
    const Bytes equal = compileCondition(left + "} == " + right + "}").value();
    const Bytes unequal = compileCondition("!(" + left + "} != " + right + "})").value();
    CHECK(caller.evaluate(equal) == TriState::True);
    for (const Bytes& bytecode : {equal, unequal}) {
        ConditionBudget enough(100'000);
        CHECK(evaluateCondition(bytecode, caller.context, Polarity::Allow, enough) ==
              TriState::True);
        ConditionBudget little(1'000);
        CHECK(evaluateCondition(bytecode, caller.context, Polarity::Allow, little) ==
              TriState::Unknown);
        CHECK(little.exhausted());
    }
    ConditionBudget nothing(0);
    const Bytes absent = compileCondition("Not_Exists @User.level").value();
    CHECK(evaluateCondition(absent, caller.context, Polarity::Allow, nothing) == TriState::Unknown);
}

}  // namespace
}  // namespace evd::access
