#include "common/db/file_growth.h"

#include "common/base/fd.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <string>

namespace evd::db {
namespace {

class File {
  public:
    explicit File(const std::string& bytes)
        : file_(::open((directory_ / "a").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        REQUIRE(file_.get() >= 0);
        REQUIRE(::pwrite(file_.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
    }

    ssize_t write(const std::string& bytes, off_t offset) const {
        return writeOrAllocate(file_.get(), bytes.data(), bytes.size(), offset);
    }
    int cut(off_t size) const { return cutOrKeep(file_.get(), size); }
    std::string all() const {
        std::string bytes(static_cast<size_t>(size()), '?');
        CHECK(::pread(file_.get(), bytes.data(), bytes.size(), 0) == size());
        return bytes;
    }
    off_t size() const {
        struct stat state {};
        REQUIRE(::fstat(file_.get(), &state) == 0);
        return state.st_size;
    }

  private:
    test::TemporaryDirectory directory_;
    base::Fd file_;
};

const std::string kZero(1, '\0');

// What a checkpoint has written there since the end of the file was looked at stays.
TEST_CASE("file growth: a zero byte that was meant to make room overwrites nothing") {
    const File file("page");
    CHECK(file.write(kZero, 3) == 1);
    CHECK(file.all() == "page");
}

TEST_CASE("file growth: behind the end it makes the file longer, by zeros that take up the disk") {
    const File file("page");
    CHECK(file.write(kZero, 8191) == 1);
    CHECK(file.size() == 8192);
    CHECK(file.all() == "page" + std::string(8188, '\0'));
}

TEST_CASE("file growth: everything else is written as ever") {
    const File file("page");
    CHECK(file.write("P", 0) == 1);
    CHECK(file.write(std::string(2, '\0'), 2) == 2);
    CHECK(file.all() == "Pa" + std::string(2, '\0'));
}

TEST_CASE("file growth: what the disk refuses is told") {
    CHECK(writeOrAllocate(-1, kZero.data(), 1, 0) == -1);
    CHECK(cutOrKeep(-1, 0) == -1);
}

TEST_CASE("file growth: a database becomes longer and not shorter, unless it is given up") {
    const File file(std::string("SQLite format 3\0and its pages", 29));
    CHECK(file.cut(20) == 0);
    CHECK(file.size() == 29);
    CHECK(file.cut(40) == 0);
    CHECK(file.size() == 40);
    CHECK(file.cut(0) == 0);
    CHECK(file.size() == 0);
}

TEST_CASE("file growth: every other file is cut as ever, one that is shorter than a header too") {
    for (const char* bytes : {"SQLite format 4 and its pages", "a log and its frames", "SQLite"}) {
        const File file(bytes);
        CHECK(file.cut(3) == 0);
        CHECK(file.size() == 3);
    }
}

}  // namespace
}  // namespace evd::db
