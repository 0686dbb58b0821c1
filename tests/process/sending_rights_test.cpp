// Who may send what, and who is told of a check, with real users and the real programs.

#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/security_rules.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <fstream>

namespace test = evd::test;
namespace db = evd::db;
using evd::base::cat;

namespace {

// Users that no user database knows, and a group that every Debian has.
constexpr const char* kWeb = "61001";
constexpr const char* kOther = "61002";
constexpr const char* kEmitGroup = "games";
constexpr const char* kEmitGid = "60";

bool isRoot() {
    if (::geteuid() == 0) {
        return true;
    }
    MESSAGE("skipped: only root can send as somebody else");
    return false;
}

test::CommandResult runAs(const test::StateFolder& state, const std::string& uid,
                          const std::string& gid, const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"/usr/bin/setpriv",
                                    "--reuid",
                                    uid,
                                    "--regid",
                                    gid,
                                    "--clear-groups",
                                    test::programPath("evctl"),
                                    "-s",
                                    state.below("run/query.sock")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return test::runCommand(all);
}

std::string answerTo(const test::StateFolder& state, const std::string& question) {
    const auto answer = test::ask(state, question);
    CHECK(answer.status == 0);
    return answer.output;
}

bool answerHas(const test::StateFolder& state, const std::string& question,
               const std::string& part) {
    return test::waitUntil(test::kPatienceMs, [&] {
        return answerTo(state, question).find(part) != std::string::npos;
    });
}

void letOthersIn(const test::StateFolder& state) {
    REQUIRE(::chmod(state.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(state.below("run").c_str(), 0755) == 0);
}

// The origin web and all below it is this user's.
void writePolicy(const test::StateFolder& state, const std::string& uid) {
    std::ofstream(state.below("publish.reg"))
        << R"reg({"keys": [{"path": "Machine/System/eventd/Security/Publish/Logs", "values": [)reg"
        << R"reg({"name": "web", "type": "sddl", "data": "O:SYG:SYD:P(A;;0x8;;;S-1-22-1-)reg" << uid
        << R"reg()"}]}]})reg";
}

// Gives eventd-meta.db, which nobody has open, this descriptor.
void setAdminDescriptor(const test::StateFolder& state, std::string_view sddl) {
    const auto bytes = test::bytesOfSddl(sddl);
    auto connection =
        db::Connection::openForWriting(cat(state.below("events"), '/', db::kMetaFileName));
    REQUIRE(connection.ok());
    auto update = connection.value()->prepare("UPDATE meta SET value = ?1 WHERE key = 'admin_sd'");
    REQUIRE(update.ok());
    update.value()->bindBlob(1, bytes);
    REQUIRE(update.value()->step().ok());
}

}  // namespace

TEST_CASE("sending: an origin is its owner's, and a change of that holds at once") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    writePolicy(state, kWeb);
    test::GroupOptions options = test::withoutSensors();
    options.arguments = {"--registry", state.below("publish.reg")};
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    letOthersIn(state);
    // Datagrams of one socket are read in order: when the last is there, so are the others.
    const auto sendAll = [&](const std::string& round) {
        for (const char* user : {kWeb, kOther, "0"}) {
            CHECK(runAs(state, user, user, {"log", "web.front", cat(round, "-of-", user)}).status ==
                  0);
        }
        CHECK(runAs(state, kOther, kOther, {"log", "else", cat(round, "-last")}).status == 0);
        return answerHas(state, "LOGS FROM else", cat(round, "-last"));
    };
    REQUIRE(sendAll("first"));
    const std::string first = answerTo(state, "LOGS FROM web.front");
    CHECK(first.find("first-of-61001") != std::string::npos);
    CHECK(first.find("first-of-61002") == std::string::npos);
    CHECK(first.find("first-of-0") == std::string::npos);  // SYSTEM is not named
    writePolicy(state, kOther);
    group.signal(SIGHUP);
    // Until the new rule is there, what is sent is refused without a trace.
    REQUIRE(test::waitUntil(test::kPatienceMs, [&] {
        REQUIRE(runAs(state, kOther, kOther, {"log", "web.front", "probe"}).status == 0);
        return answerTo(state, "LOGS FROM web.front").find("probe") != std::string::npos;
    }));
    REQUIRE(sendAll("second"));
    const std::string second = answerTo(state, "LOGS FROM web.front");
    CHECK(second.find("second-of-61001") == std::string::npos);
    CHECK(second.find("second-of-61002") != std::string::npos);
    CHECK(group.stop() == 0);
}

TEST_CASE("sending: events are for SYSTEM and the members of Linux\\EmitGroups") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    test::GroupOptions options = test::withoutSensors();
    options.values.push_back({"Linux", "EmitGroups", "multi", cat("[\"", kEmitGroup, "\"]")});
    test::Group group(state, options);
    REQUIRE(group.waitReady());
    letOthersIn(state);
    CHECK(runAs(state, kOther, kOther, {"emit", "rights.stranger"}).status == 1);
    CHECK(runAs(state, kOther, kEmitGid, {"emit", "rights.member"}).status == 0);
    CHECK(runAs(state, "0", "0", {"emit", "rights.root"}).status == 0);
    CHECK(answerHas(state, "EVENTS rights.*", "rights.root"));
    CHECK(answerHas(state, "EVENTS rights.*", "rights.member"));
    CHECK(answerTo(state, "EVENTS rights.*").find("rights.stranger") == std::string::npos);
}

// INDEX is the question whose descriptor lies in a database (Ruling A9).
TEST_CASE("audit: a check that a SACL wants told becomes an event, once") {
    if (!isRoot()) {
        return;
    }
    const test::StateFolder state;
    {
        test::Group group(state, test::withoutSensors());
        REQUIRE(group.waitReady());
        REQUIRE(group.stop() == 0);
    }
    setAdminDescriptor(
        state, cat("O:SYG:SYD:P(A;;0x1;;;SY)(A;;0x1;;;S-1-22-1-", kWeb, ")S:(AU;SAFA;0x1;;;WD)"));
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    letOthersIn(state);
    CHECK(runAs(state, kWeb, kWeb, {"index", "granted_field"}).status == 0);
    CHECK(runAs(state, kOther, kOther, {"index", "refused_field"}).status == 1);
    const std::string question = "EVENTS access-audit SORT success";
    REQUIRE(answerHas(state, question, R"("success":false)"));
    REQUIRE(answerHas(state, question, R"("success":true)"));
    const std::string told = answerTo(state, question);
    // S-1-22-1-61001 and S-1-22-1-61002.
    CHECK(told.find("010200000000001601000000"
                    "49ee0000") != std::string::npos);
    CHECK(told.find("010200000000001601000000"
                    "4aee0000") != std::string::npos);
    CHECK(told.find(R"("object_name":"events:eventd-meta.db")") != std::string::npos);
    CHECK(told.find(R"("process.name":"eventd-queryd")") != std::string::npos);
    // Looking at them has caused no more.
    CHECK(answerTo(state, "EVENTS access-audit COUNT").find(R"("count":2)") != std::string::npos);
    CHECK(group.stop() == 0);
}
