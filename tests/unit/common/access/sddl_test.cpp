#include "common/access/sddl.h"
#include "common/access/access_mask.h"
#include "common/access/sddl_words.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::access {
namespace {

// What is printed of what was read; it must read back as the same.
std::string again(std::string_view text) {
    const auto descriptor = parseSddl(text);
    if (!descriptor.ok()) {
        return descriptor.error().text;
    }
    const auto printed = printSddl(descriptor.value());
    REQUIRE_MESSAGE(printed.ok(), (printed.ok() ? "" : printed.error().text));
    CHECK(parseSddl(printed.value()).value() == descriptor.value());
    return printed.value();
}

bool reads(std::string_view text) {
    return parseSddl(text).ok();
}

Ace firstAce(std::string_view dacl) {
    return parseSddl(base::cat("D:", dacl)).value().dacl->aces.front();
}

TEST_CASE("sddl: the default descriptors of eventd (PSD-008 §9.1)") {
    const char* text = "O:SYG:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)(A;;0x1;;;AU)";
    CHECK(again(text) == text);
    const auto descriptor = parseSddl(text).value();
    CHECK(descriptor.owner == sids::kSystem);
    REQUIRE(descriptor.dacl->aces.size() == 3);
    CHECK(descriptor.dacl->aces[2].sid == sids::kAuthenticatedUsers);
    CHECK(descriptor.dacl->aces[2].mask == kEventdRead);
    CHECK((descriptor.control & kDaclProtected) != 0);
}

TEST_CASE("sddl: sections stand in any order and at most once") {
    CHECK(again("S:(ML;;NW;;;ME)D:G:BAO:SY") == "O:SYG:BAD:S:(ML;;0x2;;;ME)");
    CHECK(again(" O:SY  G:BA  D:(A;;GA;;;WD) ") == "O:SYG:BAD:(A;;GA;;;WD)");
    CHECK(again("O:S-1-5-18D:") == "O:SYD:");
    CHECK(again("O:S-1-0x00ffffffffffD:") == "O:S-1-0x00ffffffffffD:");
    CHECK(again("O:S-1-0xffffffffffff-7G:SYD:") == "O:S-1-0xffffffffffff-7G:SYD:");
    for (const char* text : {"O:SYO:SY", "G:SYG:SY", "D:D:", "S:S:", "D:NO_ACCESS_CONTROLD:"}) {
        CHECK_FALSE(reads(text));
    }
}

TEST_CASE("sddl: no DACL is said aloud (PSD-004 §3.1)") {
    CHECK(again("O:SY") == "O:SYD:NO_ACCESS_CONTROL");
    CHECK(again("O:SYD:NO_ACCESS_CONTROL") == "O:SYD:NO_ACCESS_CONTROL");
    CHECK_FALSE(parseSddl("O:SYD:NO_ACCESS_CONTROL").value().dacl.has_value());
    CHECK(parseSddl("O:SYD:").value().dacl.has_value());
    CHECK_FALSE(reads("O:SYD:NO_ACCESS_CONTROL(A;;GA;;;WD)"));
}

TEST_CASE("sddl: flags of an ACL") {
    const auto all = parseSddl("D:PARAIS:AIP").value();
    CHECK((all.control & kDaclProtected) != 0);
    CHECK((all.control & kDaclAutoInheritRequired) != 0);
    CHECK((all.control & kDaclAutoInherited) != 0);
    CHECK((all.control & kSaclProtected) != 0);
    CHECK((all.control & kSaclAutoInherited) != 0);
    CHECK((all.control & kSaclAutoInheritRequired) == 0);
    CHECK(again("D:AIARPS:PAI") == "D:PARAIS:PAI");
}

TEST_CASE("sddl: every type of ACE has its letters") {
    for (const char* ace :
         {"(A;;GR;;;WD)",
          "(D;;GR;;;WD)",
          "(AU;SA;GR;;;WD)",
          "(AL;;GR;;;WD)",
          "(OA;;GR;341d2267-b9db-536b-b36c-94ab6cd47e4c;;WD)",
          "(OD;;GR;;341d2267-b9db-536b-b36c-94ab6cd47e4c;WD)",
          "(OU;FA;GR;341d2267-b9db-536b-b36c-94ab6cd47e4c;341d2267-b9db-536b-b36c-94ab6cd47e4d;WD)",
          "(OL;;GR;;;WD)",
          "(XA;;GR;;;WD;(@User.a == 1))",
          "(XD;;GR;;;WD;(Exists @Local.a))",
          "(XU;SAFA;GR;;;WD;(1 == 1))",
          "(XL;;GR;;;WD;(1 == 1))",
          "(ZA;;GR;341d2267-b9db-536b-b36c-94ab6cd47e4c;;WD;(1 == 1))",
          "(ZD;;GR;;;WD;(1 == 1))",
          "(ZU;;GR;;;WD;(1 == 1))",
          "(ZL;;GR;;;WD;(1 == 1))",
          "(ML;;0x7;;;HI)",
          "(SP;;0x0;;;S-1-17-1)",
          "(TL;;0x1;;;S-1-19-512-1024)",
          "(RA;;0x0;;;WD;(\"Project\",TS,0x2,\"a\",\"b\"))"}) {
        CHECK(again(base::cat("O:SYD:S:", ace)) == base::cat("O:SYD:S:", ace));
    }
}

TEST_CASE("sddl: a condition may hold what ends fields elsewhere") {
    CHECK(again("D:(XA;;GR;;;WD;(@User.a == \";)(\" && (b == 1 || c == 2)))") ==
          "D:(XA;;GR;;;WD;(@User.a == \";)(\" && (@Local.b == 1 || @Local.c == 2)))");
}

TEST_CASE("sddl: rights are words or a number") {
    CHECK(firstAce("(A;;GRGWGXGA;;;WD)").mask == kGenericBits);
    CHECK(firstAce("(A;;SDRCWDWO;;;WD)").mask == 0x000F'0000);
    CHECK(firstAce("(A;;ccdclcswrpwpdtlocr;;;WD)").mask == 0x1FF);
    CHECK(firstAce("(A;;FA;;;WD)").mask == 0x001F'01FF);
    CHECK(firstAce("(A;;FRFWFX;;;WD)").mask == 0x0012'01BF);
    CHECK(firstAce("(A;;KA;;;WD)").mask == 0x000F'003F);
    CHECK(firstAce("(A;;KRKW;;;WD)").mask == 0x0002'001F);
    CHECK(firstAce("(A;;0xF0003;;;WD)").mask == 0x000F'0003);
    CHECK(firstAce("(A;;17;;;WD)").mask == 17);
    CHECK(firstAce("(A;;017;;;WD)").mask == 15);
    CHECK(again("D:(A;;0x30000;;;WD)") == "D:(A;;SDRC;;;WD)");
    CHECK(again("D:(A;;GRCC;;;WD)") == "D:(A;;0x80000001;;;WD)");
    for (const char* rights : {"XX", "G", "GRG", "0x", "0x100000000", "-1", "GR 0x1", "NW",
                               "0x02000000", "0x00200000"}) {
        CAPTURE(rights);
        CHECK_FALSE(reads(base::cat("D:(A;;", rights, ";;;WD)")));
    }
}

TEST_CASE("sddl: the words of a label mean what Peios means (peios-abi D-14)") {
    CHECK(parseSddl("S:(ML;;NR;;;ME)").value().sacl->aces.front().mask == 1);
    CHECK(parseSddl("S:(ML;;NW;;;ME)").value().sacl->aces.front().mask == 2);
    CHECK(parseSddl("S:(ML;;NX;;;ME)").value().sacl->aces.front().mask == 4);
    CHECK(again("S:(ML;;NRNWNX;;;LW)") == "D:NO_ACCESS_CONTROLS:(ML;;0x7;;;LW)");
    CHECK_FALSE(reads("S:(ML;;GR;;;ME)"));
}

TEST_CASE("sddl: flags of an ACE") {
    CHECK(firstAce("(A;OICINPIOIDSAFA;GA;;;WD)").flags == 0xDF);
    CHECK(again("D:(A;ioOI;GA;;;WD)") == "D:(A;OIIO;GA;;;WD)");
    CHECK_FALSE(reads("D:(A;XX;GA;;;WD)"));
    Ace ace = firstAce("(A;;GA;;;WD)");
    ace.flags = 0x20;
    CHECK_FALSE(printSddlAce(ace).ok());
    ace.flags = 0;
    ace.type = 0x04;
    CHECK_FALSE(printSddlAce(ace).ok());
}

TEST_CASE("sddl: resource attributes of every type (PSD-004 §3.10)") {
    for (const char* claim :
         {"(\"a\",TI,0x0,-1,9223372036854775807,-9223372036854775808)",
          "(\"a\",TU,0x0,18446744073709551615)", "(\"a\",TS,0x10,\"x;y)(\",\"\")",
          "(\"a\",TD,0x0,SID(BA),SID(S-1-5-80-1))", "(\"a\",TB,0x0,1,0)", "(\"a\",TX,0x0,#00ff,#)",
          "(\"a\",TI,0x0)"}) {
        const std::string text = base::cat("O:SYD:S:(RA;;0x0;;;WD;", claim, ')');
        CHECK(again(text) == text);
    }
    for (const char* claim :
         {"", "(\"a\")", "(\"a\",TI)", "(\"a\",TQ,0)", "(\"a\",TI,0,x)",
          "(\"a\",TI,0,9223372036854775808)", "(\"a\",TU,0,-1)", "(\"a\",TS,0,x)",
          "(\"a\",TD,0,BA)", "(\"a\",TX,0,#1)", "(\"a\",TI,0,1", "(a,TI,0,1)"}) {
        CAPTURE(claim);
        CHECK_FALSE(reads(base::cat("S:(RA;;;;;WD;", claim, ')')));
    }
    CHECK_FALSE(reads("S:(RA;;;;;SY;(\"a\",TI,0,1))"));
}

// It ends strings of the binary form: what stood behind it would be gone.
TEST_CASE("sddl: the strings of a resource attribute hold no zero") {
    using std::string_view_literals::operator""sv;
    CHECK(reads("S:(RA;;;;;WD;(\"a\",TS,0,\"bc\"))"));
    CHECK_FALSE(reads("S:(RA;;;;;WD;(\"a\",TS,0,\"b\0c\"))"sv));
    CHECK_FALSE(reads("S:(RA;;;;;WD;(\"a\0b\",TS,0,\"c\"))"sv));
}

TEST_CASE("sddl: what makes no sense is refused with the place") {
    for (const char* text : {"",
                             "  ",
                             "X:",
                             "O:",
                             "O:XX",
                             "O:DA",
                             "O:S-1-5-",
                             "D:X",
                             "D:(",
                             "D:()",
                             "D:(A)",
                             "D:(A;;GA;;;)",
                             "D:(A;;GA;;;WD",
                             "D:(A;;GA;;;WD;)",
                             "D:(A;;GA;;WD)",
                             "D:(Q;;GA;;;WD)",
                             "D:(A;;GA;x;;WD)",
                             "D:(OA;;GA;341d;;WD)",
                             "D:(A;;GA;341d2267-b9db-536b-b36c-94ab6cd47e4c;;WD)",
                             "D:(XA;;GA;;;WD)",
                             "D:(XA;;GA;;;WD;)",
                             "D:(XA;;GA;;;WD;())",
                             "D:(XA;;GA;;;WD;(a == 1)",
                             "D:(A;;GA;;;WD)X",
                             "O:SYx"}) {
        CAPTURE(text);
        CHECK_FALSE(reads(text));
    }
    CHECK(parseSddl("D:(A;;GA;;;DA)").error().text ==
          "DA depends on a domain; write the SID out at character 14");
}

TEST_CASE("sddl: a text is taken up to its limit, a descriptor up to its own") {
    const std::string spaces(kSddlTextBytesMax - 2, ' ');
    CHECK(reads("D:" + spaces));
    CHECK_FALSE(reads("D:" + spaces + " "));
    std::string many = "D:";
    for (int index = 0; index < 3275; ++index) {
        many += "(A;;GA;;;WD)";
    }
    CHECK(reads(many));
    CHECK_FALSE(reads(many + "(A;;GA;;;WD)"));
}

}  // namespace
}  // namespace evd::access
