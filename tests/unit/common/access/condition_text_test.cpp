#include "common/access/condition_text.h"
#include "common/access/condition_codes.h"
#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

std::string hexOfText(std::string_view text) {
    const auto bytecode = compileCondition(text);
    return bytecode.ok() ? base::encodeHex(bytecode.value()) : bytecode.error().text;
}

// The text as the printer writes what the compiler made of it.
std::string again(std::string_view text) {
    const auto bytecode = compileCondition(text);
    if (!bytecode.ok()) {
        return bytecode.error().text;
    }
    const auto printed = printCondition(bytecode.value());
    REQUIRE_MESSAGE(printed.ok(), (printed.ok() ? "" : printed.error().text));
    CHECK(compileCondition(printed.value()).value() == bytecode.value());
    return printed.value();
}

bool compiles(std::string_view text) {
    return compileCondition(text).ok();
}

std::string nestedText(size_t depth) {
    return std::string(depth, '(') + "1 == 1" + std::string(depth, ')');
}

TEST_CASE("condition text: the bytes of PSD-004 §3.11") {
    CHECK(hexOfText("@User.a == -1") ==
          "61727478"
          "f9020000006100"
          "04ffffffffffffffff0202"
          "80"
          "00");
    CHECK(hexOfText("Member_of {SID(BA)}") ==
          "61727478"
          "5015000000"
          "5110000000"
          "01020000000000052000000020020000"
          "89"
          "00");
    CHECK(hexOfText("Exists a || !b") ==
          "61727478"
          "f8020000006100"
          "87"
          "f8020000006200"
          "a2"
          "a1"
          "000000");
    CHECK(hexOfText("\"ä\" != #0fF0") ==
          "61727478"
          "1002000000e400"
          "18020000000ff0"
          "81"
          "00");
}

TEST_CASE("condition text: numbers keep sign and base (§3.11)") {
    CHECK(again("a == 10") == "@Local.a == 10");
    CHECK(again("a == +10") == "@Local.a == +10");
    CHECK(again("a == 0x1F") == "@Local.a == 0x1f");
    CHECK(again("a == 017") == "@Local.a == 017");
    CHECK(again("a == -0x10") == "@Local.a == -0x10");
    CHECK(again("a == 9223372036854775807") == "@Local.a == 9223372036854775807");
    CHECK(again("a == -9223372036854775808") == "@Local.a == -9223372036854775808");
    for (const char* text : {"a == 9223372036854775808", "a == -9223372036854775809", "a == 0x",
                             "a == 08", "a == 1e3", "a == -", "a == 12ab"}) {
        CHECK_FALSE(compiles(text));
    }
}

TEST_CASE("condition text: && binds tighter than ||, ! tightest, equals group from the left") {
    CHECK(again("1==1||2==2&&3==3") == "1 == 1 || 2 == 2 && 3 == 3");
    CHECK(again("(1==1||2==2)&&3==3") == "(1 == 1 || 2 == 2) && 3 == 3");
    CHECK(again("1==1||(2==2||3==3)") == "1 == 1 || (2 == 2 || 3 == 3)");
    CHECK(again("(1==1||2==2)||3==3") == "1 == 1 || 2 == 2 || 3 == 3");
    CHECK(again("!1==1&&!(2==2&&3==3)") == "!(1 == 1) && !(2 == 2 && 3 == 3)");
    CHECK(again("!!a") == "!(!@Local.a)");
}

TEST_CASE("condition text: every operator is written as it is read") {
    for (const OperatorCode& code : kOperators) {
        std::string text;
        switch (code.kind) {
            case OperatorKind::Compare:
                text = base::cat("@User.a ", code.word, " @Device.b");
                break;
            case OperatorKind::Exists:
                text = base::cat(code.word, " @Resource.a");
                break;
            case OperatorKind::Membership:
                text = base::cat(code.word, " {SID(BA), SID(S-1-5-80-1)}");
                break;
            case OperatorKind::Binary:
                text = base::cat("@User.a ", code.word, " @Local.b");
                break;
            case OperatorKind::Not:
                text = base::cat(code.word, "@User.a");
                break;
        }
        CHECK(again(text) == text);
        CHECK(again(base::foldAscii(text)).size() == text.size());
    }
}

TEST_CASE("condition text: names with other letters are escaped") {
    CHECK(again("@User.a%0020b == 1") == "@User.a%0020b == 1");
    CHECK(again("@User.grün/x:y.z_1 == 1") == "@User.grün/x:y.z_1 == 1");
    CHECK(again("@User.%00e4 == 1") == "@User.ä == 1");
    CHECK(again("@User.%d83d%dca1 == 1") == "@User.\xF0\x9F\x92\xA1 == 1");
    for (const char* text : {"@User. == 1", "@User.%d83d == 1", "@User.%12 == 1",
                             "@User.%zzzz == 1", "@Users.a == 1", "@.a == 1"}) {
        CHECK_FALSE(compiles(text));
    }
}

TEST_CASE("condition text: what makes no sense is refused") {
    for (const char* text : {"",
                             " ",
                             "(",
                             ")",
                             "()",
                             "1",
                             "1 ==",
                             "== 1",
                             "1 == 1 1",
                             "1 == 1)",
                             "(1 == 1",
                             "a",
                             "(a)",
                             "\"a == 1",
                             "a == \"b",
                             "a == #1",
                             "a == {1",
                             "a == {1,}",
                             "a == {1 2}",
                             "a == {b}",
                             "a == SID(",
                             "a == SID(DA)",
                             "a == SID(XX)",
                             "Exists 1",
                             "Exists {SID(BA)}",
                             "Member_of 1",
                             "Member_of {1}",
                             "Member_of {SID(BA), 1}",
                             "a & b",
                             "a | b",
                             "a = 1",
                             "a == 1 &&",
                             "1 && a",
                             "Member_of",
                             "a == \"\xFF\""}) {
        CAPTURE(text);
        CHECK_FALSE(compiles(text));
    }
    CHECK(compileCondition("a == {1").error().text == "expected , or } at character 8");
}

// Found by a fuzzer: the printer refuses what was compiled from it.
TEST_CASE("condition text: text between quotes holds no zero") {
    using std::string_view_literals::operator""sv;
    CHECK(compileCondition("a == \"b\0c\""sv).error().text ==
          "text that holds a zero at character 10");
    CHECK(compileCondition("a == \"b\0"sv).error().text == "text that holds a zero at character 9");
    CHECK(compiles("a == \"0\""));
}

TEST_CASE("condition text: parentheses nest to a limit") {
    CHECK(compiles(nestedText(kConditionTextDepthMax - 1)));
    CHECK_FALSE(compiles(nestedText(kConditionTextDepthMax)));
    CHECK_FALSE(compiles(nestedText(100'000)));
    CHECK_FALSE(compiles(std::string(100'000, '!') + "a"));
    CHECK_FALSE(compiles("a == " + std::string(100'000, '{')));
    CHECK(compiles("a == " + std::string(64, '{') + std::string(64, '}')));
    CHECK_FALSE(compiles("a == " + std::string(65, '{') + std::string(65, '}')));
}

TEST_CASE("condition text: text is taken up to its limit") {
    const std::string start = "a == \"";
    CHECK(compiles(start + std::string(kConditionTextBytesMax - start.size() - 1, 'x') + '"'));
    CHECK_FALSE(compiles(start + std::string(kConditionTextBytesMax - start.size(), 'x') + '"'));
}

TEST_CASE("condition text: a long chain is no deep nesting") {
    std::string text = "1 == 1";
    for (int index = 0; index < 2000; ++index) {
        text += " || 1 == 1";
    }
    CHECK(again(text) == text);
}

TEST_CASE("condition text: bytecode without a text is refused") {
    for (const char* hex :
         {"", "61727478", "61727478ff",
          "6172747804010000000000000003020401000000"
          "0000000003028004010000000000000003 02a0",
          "617274780401000000000000000302a2", "6172747810020000002200f802000000610080",
          "61727478f80000000087", "61727478f9020000006100"}) {
        const auto bytes = base::decodeHex(hex);
        CHECK_FALSE((bytes.ok() && printCondition(bytes.value()).ok()));
    }
}

}  // namespace
}  // namespace evd::access
