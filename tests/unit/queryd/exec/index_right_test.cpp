#include "queryd/exec/index_right.h"

#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "queryd/access/access_checker.h"
#include "tests/support/security_rules.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

namespace db = evd::db;
using evd::base::ErrorKind;
using evd::queryd::callerOf;
using evd::queryd::mayIndex;
using evd::queryd::ReferenceChecker;

namespace {

const auto kAlice = callerOf({1, 1001, 1001, {}}, {0, {27}});
const auto kAdmin = callerOf({1, 1002, 27, {}}, {0, {27}});
const auto kRoot = callerOf({1, 0, 0, {}}, {0, {27}});

struct Fixture {
    // A metadata database that has this descriptor, or none when it is empty.
    void write(std::span<const uint8_t> descriptor) {
        auto made = db::Connection::createForWriting(path(), 4096);
        REQUIRE(made.ok());
        REQUIRE(made.value()->execute("CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB)").ok());
        if (!descriptor.empty()) {
            auto insert = made.value()->prepare("INSERT INTO meta VALUES ('admin_sd', ?1)");
            REQUIRE(insert.ok());
            insert.value()->bindBlob(1, descriptor);
            REQUIRE(insert.value()->step().ok());
        }
    }
    void writeSddl(std::string_view sddl) { write(evd::test::bytesOfSddl(sddl)); }
    std::string path() const { return folder.path() + "/" + std::string(db::kMetaFileName); }
    evd::base::Result<void> ask(const evd::queryd::Caller& caller) const {
        return mayIndex(folder.path(), checker, caller);
    }

    evd::test::TemporaryDirectory folder;
    ReferenceChecker checker;
};

}  // namespace

// Ruling A9.
TEST_CASE("index right: those whom admin_sd lets read may have fields indexed, nobody else") {
    Fixture fixture;
    fixture.writeSddl("O:SYG:SYD:P(A;;0x1;;;SY)(A;;0x1;;;BA)");
    CHECK(fixture.ask(kRoot).ok());
    CHECK(fixture.ask(kAdmin).ok());
    const auto refused = fixture.ask(kAlice);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::Denied);
}

TEST_CASE("index right: it is the descriptor that decides, not who is an administrator") {
    Fixture fixture;
    fixture.writeSddl("O:SYG:SYD:P(A;;0x1;;;S-1-22-1-1001)");
    CHECK(fixture.ask(kAlice).ok());
    CHECK_FALSE(fixture.ask(kAdmin).ok());
    CHECK_FALSE(fixture.ask(kRoot).ok());
}

TEST_CASE("index right: another right or a rule for one field is not enough") {
    Fixture fixture;
    SUBCASE("clearing") {
        fixture.writeSddl("O:SYG:SYD:P(A;;0x2;;;WD)");
    }
    SUBCASE("a field") {
        fixture.writeSddl("O:SYG:SYD:P(OA;;0x1;341d2267-b9db-536b-b36c-94ab6cd47e4c;;WD)");
    }
    CHECK_FALSE(fixture.ask(kAlice).ok());
}

TEST_CASE("index right: without a descriptor that can be read nobody may") {
    Fixture fixture;
    SUBCASE("no database") {}
    SUBCASE("a database that is none") {
        std::ofstream(fixture.path(), std::ios::binary) << std::string(9000, 'x');
    }
    SUBCASE("no descriptor in it") {
        fixture.write({});
    }
    SUBCASE("one that is none") {
        const uint8_t bytes[] = {1, 2, 3};
        fixture.write(bytes);
    }
    SUBCASE("one without owner") {
        fixture.writeSddl("D:P(A;;0x1;;;WD)");
    }
    for (const auto* caller : {&kRoot, &kAdmin, &kAlice}) {
        CHECK_FALSE(fixture.ask(*caller).ok());
    }
}
