#include "queryd/evctl/export_place.h"

#include "queryd/evctl/export_file.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>
#include <sstream>

using evd::base::ErrorKind;
using evd::evctl::ExportFile;
using evd::evctl::ExportPlace;
using evd::evctl::formatExportPlace;
using evd::evctl::loadExportPlace;
using evd::evctl::parseExportPlace;
using evd::evctl::saveExportPlace;
using evd::evctl::unfinishedTag;
using evd::test::TemporaryDirectory;

namespace {

ExportPlace somePlace() {
    return {"LOGS \"\xC3\xA4\"\nFROM x",
            "csv",
            "/tmp/x.csv",
            5,
            INT64_MAX,
            {17, 1, true},
            99,
            12'345,
            false,
            3,
            true};
}

std::string contentOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write(int fd, const std::string& text) {
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

TEST_CASE("export place: what is written is read back") {
    const auto read = parseExportPlace(formatExportPlace(somePlace()));
    REQUIRE(read.ok());
    CHECK(read.value() == somePlace());
    const TemporaryDirectory folder;
    CHECK(loadExportPlace(folder / "place").error().kind == ErrorKind::NotFound);
    REQUIRE(saveExportPlace(folder / "place", somePlace()).ok());
    ExportPlace later = somePlace();
    later.is_whole = true;
    REQUIRE(saveExportPlace(folder / "place", later).ok());
    CHECK(loadExportPlace(folder / "place").value() == later);
    CHECK_FALSE(exists(folder / "place.new"));
}

TEST_CASE("export place: anything else is none") {
    const std::string good = formatExportPlace(somePlace());
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        REQUIRE(text.find(from) != std::string::npos);
        return text.replace(text.find(from), from.size(), to);
    };
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[]"), good.substr(0, good.size() - 3),
          with("\"evctl_export\": 1", "\"evctl_export\": 2"),
          with("\"edge_ns\": 17", "\"edge_ns\": -1"),
          with("\"edge_ns\": 17", "\"edge_ns\": 9223372036854775808"),
          with("\"width_ns\": 1", "\"width_ns\": 0"), with("\"bytes\": 12345", "\"bytes\": 1.5"),
          with("\"refused\": 3", "\"refused\": -3"),
          with("\"has_own_name\": true", "\"has_own_name\": 0"),
          with("\"is_moment\": true", "\"is_moment\": 1"), with("\"to\": \"csv\"", "\"to\": 3")}) {
        CHECK(parseExportPlace(text).error().kind == ErrorKind::Invalid);
    }
    CHECK_FALSE(parseExportPlace(std::string(evd::evctl::kExportPlaceBytesMax + 1, ' ')).ok());
}

TEST_CASE("export place: one of an older version has refused nothing, and no name of its own") {
    std::string text = formatExportPlace(somePlace());
    for (const std::string& line :
         {std::string("  \"refused\": 3,\n"), std::string("  \"has_own_name\": true,\n")}) {
        REQUIRE(text.find(line) != std::string::npos);
        text.erase(text.find(line), line.size());
    }
    ExportPlace old = somePlace();
    old.refused = 0;
    old.has_own_name = false;
    CHECK(parseExportPlace(text).value() == old);
}

TEST_CASE("export place: each has a tag, the same for every way to write its path") {
    CHECK(unfinishedTag("a/place") == unfinishedTag("./a/b/../place"));
    CHECK(unfinishedTag("a/place") != unfinishedTag("a/other"));
    CHECK(unfinishedTag("a/place").size() == 16);
}

TEST_CASE("export file: it has its name when it is whole, and never before") {
    const TemporaryDirectory folder;
    const std::string path = folder / "out";
    std::ofstream(path) << "old";
    {
        ExportFile file(path);
        REQUIRE(file.begin().ok());
        write(file.fd(), "new");
        CHECK(contentOf(path) == "old");
        struct stat facts {};
        REQUIRE(::stat((path + ".partial").c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
        CHECK(ExportFile(path).begin().error().kind == ErrorKind::Busy);
        REQUIRE(file.finish().ok());
    }
    CHECK(contentOf(path) == "new");
    CHECK_FALSE(exists(path + ".partial"));
}

TEST_CASE("export file: one that fails leaves nothing, one that is kept is gone on with") {
    const TemporaryDirectory folder;
    const std::string path = folder / "out";
    {
        ExportFile file(path);
        REQUIRE(file.begin().ok());
    }
    CHECK_FALSE(exists(path + ".partial"));
    CHECK(ExportFile(path).goOn(0).error().kind == ErrorKind::NotFound);
    {
        ExportFile file(path);
        REQUIRE(file.begin().ok());
        write(file.fd(), "0123456789");
        file.keepUnfinished();
    }
    CHECK(ExportFile(path).goOn(11).error().kind == ErrorKind::Invalid);
    ExportFile file(path);
    REQUIRE(file.goOn(4).ok());
    write(file.fd(), "x");
    REQUIRE(file.finish().ok());
    CHECK(contentOf(path) == "0123x");
}

TEST_CASE("export file: it replaces no device, and follows no link") {
    const TemporaryDirectory folder;
    CHECK(ExportFile(folder.path()).begin().error().kind == ErrorKind::Invalid);
    CHECK(ExportFile("/dev/null").begin().error().kind == ErrorKind::Invalid);
    const std::string path = folder / "out";
    std::ofstream(folder / "victim") << "precious";
    REQUIRE(::symlink((folder / "victim").c_str(), (path + ".partial").c_str()) == 0);
    CHECK_FALSE(ExportFile(path).begin().ok());
    CHECK(contentOf(folder / "victim") == "precious");
}
