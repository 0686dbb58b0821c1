#include "queryd/evctl/output/meaning.h"

#include "tests/support/msgpack_from_hex.h"

#include <doctest/doctest.h>

using evd::evctl::Meaning;
using evd::evctl::meaningOf;

namespace {

template <typename Write>
Meaning meaningOfField(std::string_view name, const Write& write) {
    const auto value = evd::test::msgpackOf(write);
    const std::vector<evd::evctl::FieldView> fields = {{name, value}};
    return meaningOf(fields);
}

Meaning ofWord(std::string_view name, std::string_view word) {
    return meaningOfField(name, [&](evd::wire::MsgpackWriter& w) { w.text(word); });
}

Meaning ofNumber(int64_t number) {
    return meaningOfField("priority", [&](evd::wire::MsgpackWriter& w) { w.integer(number); });
}

}  // namespace

TEST_CASE("meaning: words of severity, letters folded, in the fields that hold one") {
    CHECK(ofWord("severity", "ERROR") == Meaning::Error);
    CHECK(ofWord("level", "warn") == Meaning::Warning);
    CHECK(ofWord("Level", "debug") == Meaning::Faint);
    CHECK(ofWord("level", "info") == Meaning::Plain);
    CHECK(ofWord("message", "error") == Meaning::Plain);
}

TEST_CASE("meaning: numbers as syslog counts them") {
    CHECK(ofNumber(3) == Meaning::Error);
    CHECK(ofNumber(4) == Meaning::Warning);
    CHECK(ofNumber(5) == Meaning::Plain);
    CHECK(ofNumber(7) == Meaning::Faint);
    CHECK(ofNumber(8) == Meaning::Plain);
    CHECK(ofNumber(-1) == Meaning::Plain);
}

TEST_CASE("meaning: is_error says it in one bit") {
    CHECK(meaningOfField("is_error", [](auto& w) { w.boolean(true); }) == Meaning::Error);
    CHECK(meaningOfField("is_error", [](auto& w) { w.boolean(false); }) == Meaning::Plain);
}
