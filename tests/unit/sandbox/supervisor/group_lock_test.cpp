#include "sandbox/supervisor/group_lock.h"

#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

namespace base = evd::base;
namespace supervisor = evd::supervisor;
namespace test = evd::test;

TEST_CASE("group lock: the second one is refused and told who holds it") {
    const test::TemporaryDirectory folder;
    const auto first = supervisor::GroupLock::acquire(folder.path(), 4711);
    REQUIRE(first.ok());
    CHECK(test::readTextFile(folder / "eventd.lock") == "4711\n");
    const auto second = supervisor::GroupLock::acquire(folder.path() + "/", 4712);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().kind == base::ErrorKind::Busy);
    CHECK(second.error().text.find("4711") != std::string::npos);
    CHECK(test::readTextFile(folder / "eventd.lock") == "4711\n");
}

TEST_CASE("group lock: it ends with its holder, and the file left behind is no obstacle") {
    const test::TemporaryDirectory folder;
    std::ofstream(folder / "eventd.lock") << "999999999999\nrubbish";
    { REQUIRE(supervisor::GroupLock::acquire(folder.path(), 1).ok()); }
    REQUIRE(supervisor::GroupLock::acquire(folder.path(), 2).ok());
    CHECK(test::readTextFile(folder / "eventd.lock") == "2\n");
}

TEST_CASE("group lock: a folder that is not there is an error, and so is a link") {
    CHECK_FALSE(supervisor::GroupLock::acquire("/nonexistent/events", 1).ok());
    const test::TemporaryDirectory folder;
    std::filesystem::create_symlink(folder / "elsewhere", folder / "eventd.lock");
    CHECK_FALSE(supervisor::GroupLock::acquire(folder.path(), 1).ok());
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
}
