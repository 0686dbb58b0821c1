#include "queryd/evctl/descriptor_words.h"

#include "common/base/text.h"
#include "queryd/evctl/sd_command.h"

#include <doctest/doctest.h>

namespace evd::evctl {
namespace {

std::string explain(std::string_view text) {
    const auto descriptor = readDescriptor(text);
    return descriptor.ok() ? explainDescriptor(descriptor.value()) : descriptor.error().text;
}

TEST_CASE("sd explain: rules in the order in which they are read") {
    CHECK(explain("O:SYG:BAD:(A;;CC;;;BA)"
                  "(OD;;GR;341d2267-b9db-536b-b36c-94ab6cd47e4c;;S-1-22-1-1000)"
                  "(ZA;IO;0x10;a1b2c3d4-0001-4000-8000-000000000001;;WD;(1 == 1))") ==
          "Owner: SYSTEM (S-1-5-18)\n"
          "Group: Administrators (S-1-5-32-544)\n"
          "Rules, first to last; whichever decides a right first has the say:\n"
          "  1. allow Administrators (S-1-5-32-544): read\n"
          "  2. deny S-1-22-1-1000: generic read of the field timestamp\n"
          "  3. allow Everyone (S-1-1-0): 0x10 of events as a whole, if 1 == 1 (only to be "
          "inherited; it does nothing here)\n");
}

TEST_CASE("sd explain: no rules and an empty list of rules are told apart") {
    CHECK(explain("O:SY").find("everybody may do everything") != std::string::npos);
    CHECK(explain("O:SYD:").find("nobody may do anything") != std::string::npos);
    CHECK(explain("D:").starts_with("Owner: none; every check against it fails\n"));
}

TEST_CASE("sd explain: system rules have words of their own") {
    const std::string words = explain(
        "O:SYD:S:(ML;;NRNW;;;HI)(TL;;0x1;;;S-1-19-512-1024)(SP;;;;;S-1-17-1)(AU;FA;CC;;;WD)"
        "(AL;;DC;;;AU)(RA;;;;;WD;(\"Secrecy\",TU,0,3))");
    for (const char* line :
         {"1. integrity High integrity (S-1-16-12288); below it no reading, writing\n",
          "2. trust S-1-19-512-1024; below it only: read\n", "3. central policy S-1-17-1\n",
          "4. audit denied access of Everyone (S-1-1-0): read\n",
          "5. audit every use by Authenticated Users (S-1-5-11): clear\n",
          "6. attribute (\"Secrecy\",TU,0x0,3)\n"}) {
        CAPTURE(words);
        CHECK(words.find(line) != std::string::npos);
    }
}

TEST_CASE("sd explain: hex and SDDL are told apart, and neither can draw on the terminal") {
    const auto bytes = compileDescriptor("O:SYD:(XA;;CC;;;WD;(@User.a == \"\x1b[31m\"))");
    REQUIRE(bytes.ok());
    const std::string words = explain(base::encodeHex(bytes.value()));
    CHECK(words.find('\x1b') == std::string::npos);
    CHECK(words.find("allow Everyone") != std::string::npos);
    CHECK(explain("O:").starts_with("'' is no SID"));
    CHECK(explain("").starts_with("there is no descriptor"));
    CHECK(explain("00").starts_with("malformed security descriptor"));
}

TEST_CASE("sd explain: what SDDL cannot write is explained all the same") {
    CHECK(explain("010004801400000000000000000000002000000001010000000000051200000002001000010000"
                  "001500080000000000")
              .find("a rule of unknown type 0x15, which is ignored") != std::string::npos);
}

}  // namespace
}  // namespace evd::evctl
