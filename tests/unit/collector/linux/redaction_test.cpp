#include "collector/linux/redaction.h"

#include "common/base/text.h"

#include <doctest/doctest.h>

namespace evd::collector {
namespace {

struct Case {
    std::vector<std::string> arguments;
    std::vector<std::string> expected;
};

void check(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        CAPTURE(one.arguments);
        CHECK(redactArguments(one.arguments) == one.expected);
    }
}

void unchanged(const std::vector<std::vector<std::string>>& lines) {
    for (const auto& arguments : lines) {
        CAPTURE(arguments);
        CHECK(redactArguments(arguments) == arguments);
    }
}

TEST_CASE("redaction: the word behind an option for a secret is hidden") {
    check({{{"x", "--password", "hunter2"}, {"x", "--password", "<redacted>"}},
           {{"x", "--passwd", "a b"}, {"x", "--passwd", "<redacted>"}},
           {{"x", "--token", "abc", "--next", "y"}, {"x", "--token", "<redacted>", "--next", "y"}},
           {{"x", "--secret", "s"}, {"x", "--secret", "<redacted>"}},
           {{"x", "--api-key", "k"}, {"x", "--api-key", "<redacted>"}},
           {{"x", "--API_KEY", "k"}, {"x", "--API_KEY", "<redacted>"}},
           {{"x", "--db-password", "p"}, {"x", "--db-password", "<redacted>"}},
           {{"x", "-password", "-dash"}, {"x", "-password", "<redacted>"}},
           {{"x", "--client-secret", "p"}, {"x", "--client-secret", "<redacted>"}},
           {{"openssl", "-passin", "pass:abc"}, {"openssl", "-passin", "<redacted>"}}});
}

TEST_CASE("redaction: an option behind an option for a secret is no value") {
    unchanged({{"mysql", "--password", "--user", "root"},
               {"mysql", "--password", "-u", "root"},
               {"x", "--password"}});
}

TEST_CASE("redaction: a value behind an equals sign is hidden when the name holds a secret word") {
    check({{{"x", "--password=hunter2"}, {"x", "--password=<redacted>"}},
           {{"x", "--Password=a=b"}, {"x", "--Password=<redacted>"}},
           {{"x", "--db.password.main=p"}, {"x", "--db.password.main=<redacted>"}},
           {{"env", "PGPASSWORD=p", "psql"}, {"env", "PGPASSWORD=<redacted>", "psql"}},
           {{"env", "GITHUB_TOKEN=p"}, {"env", "GITHUB_TOKEN=<redacted>"}},
           {{"env", "AWS_SECRET_ACCESS_KEY=p"}, {"env", "AWS_SECRET_ACCESS_KEY=<redacted>"}},
           {{"env", "MYSQL_PWD=p"}, {"env", "MYSQL_PWD=<redacted>"}},
           {{"x", "--token='a b'"}, {"x", "--token=<redacted>"}}});
    unchanged({{"x", "--password="}, {"x", "--user=root"}, {"x", "KEY=VALUE"}, {"x", "a=b"}});
}

TEST_CASE("redaction: secrets in URL parameters, connection strings and JSON") {
    check({{{"curl", "https://h/p?token=abc&x=1"}, {"curl", "https://h/p?token=<redacted>&x=1"}},
           {{"x", "Server=s;Password=p;Port=1"}, {"x", "Server=s;Password=<redacted>;Port=1"}},
           {{"x", R"({"user":"a","password":"b c","n":1})"},
            {"x", R"({"user":"a","password":<redacted>,"n":1})"}},
           {{"x", R"({"password": "b"})"}, {"x", R"({"password": <redacted>)"}},
           {{"x", "pass:abc"}, {"x", "pass:<redacted>"}}});
}

TEST_CASE("redaction: -p hides only where it is a password") {
    check(
        {{{"mysql", "-u", "root", "-phunter2"}, {"mysql", "-u", "root", "-p<redacted>"}},
         {{"/usr/bin/mysqldump", "-pabc", "db"}, {"/usr/bin/mysqldump", "-p<redacted>", "db"}},
         {{"sudo", "mariadb-admin", "-pabc"}, {"sudo", "mariadb-admin", "-p<redacted>"}},
         {{"sshpass", "-p", "abc", "ssh", "host"}, {"sshpass", "-p", "<redacted>", "ssh", "host"}},
         {{"sshpass", "-pabc", "ssh"}, {"sshpass", "-p<redacted>", "ssh"}},
         {{"mongosh", "-u", "a", "-p", "abc"}, {"mongosh", "-u", "a", "-p", "<redacted>"}},
         {{"docker", "login", "-u", "a", "-p", "abc"},
          {"docker", "login", "-u", "a", "-p", "<redacted>"}},
         {{"redis-cli", "-a", "abc"}, {"redis-cli", "-a", "<redacted>"}},
         {{"ldapsearch", "-wabc"}, {"ldapsearch", "-w<redacted>"}}});
    unchanged({{"mkdir", "-p", "/tmp/x"},
               {"ssh", "-p", "2222", "host"},
               {"ps", "-p123"},
               {"docker", "run", "-p", "8080:80", "nginx"},
               {"cp", "-pr", "a", "b"},
               {"mysql", "-p", "database"}});
}

TEST_CASE("redaction: curl's user is shown, its password is not") {
    check({{{"curl", "-u", "me:abc", "http://h/"}, {"curl", "-u", "me:<redacted>", "http://h/"}},
           {{"curl", "-ume:abc"}, {"curl", "-ume:<redacted>"}}});
}

TEST_CASE("redaction: the password in a URL is hidden, the rest of it is not") {
    check({{{"git", "clone", "https://me:tok@host/x.git"},
            {"git", "clone", "https://me:<redacted>@host/x.git"}},
           {{"x", "--db=postgres://u:p@w@h:5432/d?x=1"},
            {"x", "--db=postgres://u:<redacted>@h:5432/d?x=1"}},
           {{"x", "a://u:p@h,b://v:q@i"}, {"x", "a://u:<redacted>@h,b://v:<redacted>@i"}}});
    unchanged({{"ssh", "git@host:path"},
               {"curl", "http://host:80/a@b"},
               {"curl", "ssh://git@host:22/x"},
               {"x", "://", "a://", "a://@", "http://h"}});
}

TEST_CASE("redaction: headers that carry a secret are hidden to the end of their argument") {
    check({{{"curl", "-H", "Authorization: Bearer abc def"},
            {"curl", "-H", "Authorization: <redacted>"}},
           {{"curl", "-H", "authorization:Basic x"}, {"curl", "-H", "authorization: <redacted>"}},
           {{"curl", "--header=X-Api-Key: k"}, {"curl", "--header=X-Api-Key: <redacted>"}},
           {{"curl", "-HCookie: a=b"}, {"curl", "-HCookie: <redacted>"}}});
    unchanged({{"curl", "-H", "Accept: text/plain"}});
}

TEST_CASE("redaction: paths below folders of keys are hidden") {
    check({{{"ssh", "-i", "/home/u/.ssh/id_rsa", "h"}, {"ssh", "-i", "<redacted>", "h"}},
           {{"x", "--key=/home/u/.ssh/id_rsa"}, {"x", "--key=<redacted>"}},
           {{"cat", ".aws/credentials"}, {"cat", "<redacted>"}},
           {{"scp", "h:/root/.gnupg/ring", "."}, {"scp", "h:<redacted>", "."}},
           {{"x", "a:/h/.ssh/k:/b"}, {"x", "a:<redacted>:/b"}},
           {{"cat", "~/.ssh/config", "/x/.ssh/y/z"}, {"cat", "<redacted>", "<redacted>"}}});
    unchanged({{"ls", "/home/u/.ssh"}, {"ls", "/home/u/.ssh/"}, {"ls", "/x/not.ssh/y"}});
    CHECK(redactPath("/home/u/.ssh/tool") == "<redacted>");
    CHECK(redactPath("/usr/bin/ssh") == "/usr/bin/ssh");
}

TEST_CASE("redaction: command lines inside an argument are treated the same") {
    check({{{"sh", "-c", "mysql -pabc -e 'select 1'"},
            {"sh", "-c", "mysql -p<redacted> -e 'select 1'"}},
           {{"sh", "-c", "PASSWORD='a b' run --token t  x"},
            {"sh", "-c", "PASSWORD=<redacted> run --token <redacted>  x"}},
           {{"sh", "-c", "curl -H \"Authorization: Bearer x\" http://h"},
            {"sh", "-c", "curl -H \"Authorization: <redacted>"}},
           {{"mysqld --password=abc --port 1"}, {"mysqld --password=<redacted> --port 1"}}});
}

TEST_CASE("redaction: ordinary command lines stay as they are") {
    unchanged({{"/usr/bin/python3", "-m", "http.server", "8000"},
               {"sh", "-c", "for i in 1 2 3; do echo $i; done"},
               {"tar", "-cpf", "x.tar", "dir"},
               {"gcc", "-DNAME=1", "-I/usr/include", "-o", "a.out", "a.c"},
               {"", " ", "\t"},
               {}});
}

TEST_CASE("command line: arguments are joined, those with white space quoted") {
    CHECK(showCommandLine({"echo", "a b", "", "it's", "plain"}, false) ==
          "echo 'a b' '' 'it'\\''s' plain");
    CHECK(showCommandLine({}, false).empty());
}

TEST_CASE("command line: bytes that are not UTF-8 become replacement characters") {
    CHECK(showCommandLine({"a\xff"
                           "b"},
                          false) ==
          "a\xEF\xBF\xBD"
          "b");
}

TEST_CASE("command line: up to the limit it is whole, above it is cut and says so") {
    const std::string whole(kCommandLineBytesMax, 'a');
    CHECK(showCommandLine({whole}, false) == whole);
    const std::string cut = showCommandLine({whole + "a"}, false);
    CHECK(cut.size() == kCommandLineBytesMax);
    CHECK(cut.ends_with("a <truncated>"));
    CHECK(showCommandLine({"short"}, true) == "short <truncated>");
    // Not in the middle of a character.
    std::string wide;
    while (wide.size() <= kCommandLineBytesMax) {
        wide += "\xc3\xa9";
    }
    CHECK(base::isUtf8(showCommandLine({wide}, false)));
    CHECK(base::isUtf8(showCommandLine({"x" + wide}, false)));
    CHECK(showCommandLine({wide}, false).size() <= kCommandLineBytesMax);
}

TEST_CASE("command line: a secret is hidden before the line is cut") {
    const std::string filler(kCommandLineBytesMax - 40, 'a');
    const std::string line =
        showCommandLine({filler, "--password=" + std::string(500, 's')}, false);
    CHECK(line.find("sss") == std::string::npos);
    CHECK(line.find("--password=<redacted>") != std::string::npos);
}

}  // namespace
}  // namespace evd::collector
