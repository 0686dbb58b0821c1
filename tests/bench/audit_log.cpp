#include "tests/bench/audit_log.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <array>
#include <fstream>
#include <string_view>

namespace evd::bench {

namespace {

using base::cat;

constexpr uint64_t kProcesses = 4'000;
constexpr uint64_t kFirstProcess = 1'000;  // daemons, which have smaller numbers, tell the rest
constexpr uint64_t kDaemons = 500;

// What a user's program tells of itself.
struct UserRecord {
    const char* type;
    const char* words;
    const char* exe;
    const char* terminal;
};

constexpr auto kUserRecords = std::to_array<UserRecord>({
    {"USER_LOGIN", "op=login id=1000", "/usr/sbin/sshd", "/dev/pts/1"},
    {"USER_LOGOUT", "op=login id=1000", "/usr/sbin/sshd", "/dev/pts/1"},
    {"USER_AUTH", "op=PAM:authentication grantors=pam_unix acct=\"ada\"", "/usr/sbin/sshd", "ssh"},
    {"USER_ACCT", "op=PAM:accounting grantors=pam_permit acct=\"root\"", "/usr/sbin/cron", "cron"},
    {"USER_START", "op=PAM:session_open grantors=pam_unix acct=\"root\"", "/usr/sbin/cron", "cron"},
    {"USER_END", "op=PAM:session_close grantors=pam_unix acct=\"root\"", "/usr/sbin/cron", "cron"},
    {"USER_CMD", "cwd=\"/srv/ada\" cmd=636174202F6574632F686F737473", "/usr/bin/sudo", "pts/1"},
    {"USER_ERR", "op=PAM:bad_ident grantors=? acct=\"?\"", "/usr/sbin/sshd", "ssh"},
    {"USER_CHAUTHTOK", "op=change password id=1000", "/usr/bin/passwd", "pts/1"},
    {"USER_MGMT", "op=add-to-group acct=\"ada\" grp=\"adm\"", "/usr/sbin/usermod", "pts/1"},
    {"CRED_ACQ", "op=PAM:setcred grantors=pam_permit acct=\"root\"", "/usr/sbin/cron", "cron"},
    {"CRED_DISP", "op=PAM:setcred grantors=pam_permit acct=\"root\"", "/usr/sbin/cron", "cron"},
    {"CRED_REFR", "op=PAM:setcred grantors=pam_permit acct=\"ada\"", "/usr/bin/sudo", "pts/1"},
    {"CRYPTO_KEY_USER", "op=destroy kind=session fp=? direction=both spid=812 suid=106",
     "/usr/sbin/sshd", "?"},
    {"CRYPTO_SESSION", "op=start direction=from-server cipher=aes256-gcm ksize=256 spid=812",
     "/usr/sbin/sshd", "?"},
    {"SERVICE_START", "unit=apt-daily comm=\"systemd\"", "/usr/lib/systemd/systemd", "?"},
    {"SERVICE_STOP", "unit=apt-daily comm=\"systemd\"", "/usr/lib/systemd/systemd", "?"},
    {"SYSTEM_RUNLEVEL", "old-level=N new-level=5 comm=\"systemd-update\"",
     "/usr/lib/systemd/systemd-update-utmp", "?"},
});

struct Program {
    const char* name;
    const char* option;
};
constexpr auto kPrograms = std::to_array<Program>({{"ls", "-l"},
                                                   {"cat", "/etc/hosts"},
                                                   {"grep", "-r"},
                                                   {"tar", "-xf"},
                                                   {"python3", "-m"},
                                                   {"gcc", "-c"},
                                                   {"make", "-j2"}});

struct WatchedFile {
    const char* path;
    const char* key;
};
constexpr auto kWatchedFiles = std::to_array<WatchedFile>({{"/etc/shadow", "shadow"},
                                                           {"/etc/passwd", "identity"},
                                                           {"/etc/sudoers", "scope"},
                                                           {"/etc/ssh/sshd_config", "sshd"},
                                                           {"/var/log/wtmp", "session"},
                                                           {"/etc/localtime", "time-change"},
                                                           {"/etc/hosts", "network-names"}});

// A well mixed number out of one: neighbours have nothing in common (splitmix64).
uint64_t mixed(uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

// The events one after the other, each with bits of its mixed number as its choices.
class AuditLogWriter {
  public:
    explicit AuditLogWriter(const std::string& path) : file_(path, std::ios::binary) {}

    void write(uint64_t number) {
        constexpr uint64_t kMsPerEvent = 1'000 / kAuditEventsPerSecond;
        const uint64_t ms = number * kMsPerEvent;
        const std::string thousandths = cat(1'000 + ms % 1'000);
        stamp_ = cat(" msg=audit(", kAuditBeginSeconds + static_cast<int64_t>(ms / 1'000), '.',
                     thousandths.substr(1), ':', number + 1, "): ");
        bits_ = mixed(number);
        const uint64_t kind = bits_ % 40;
        if (kind < 12) {
            writeStart();
        } else if (kind < 18) {
            writeOpen();
        } else if (kind < 20) {
            writeConnection();
        } else if (kind < 20 + kUserRecords.size()) {
            writeUserRecord(kUserRecords.at(kind - 20));
        } else {
            writeRefusal();
        }
    }
    bool close() {
        file_.close();
        return file_.good();
    }

  private:
    uint64_t choice(unsigned shift, uint64_t of) const { return (bits_ >> shift) % of; }
    uint64_t process() const { return kFirstProcess + choice(8, kProcesses); }
    const Program& program() const { return kPrograms.at(choice(24, kPrograms.size())); }

    void line(std::string_view type, const std::string& fields) {
        file_ << "type=" << type << stamp_ << fields << '\n';
    }
    void call(int number, bool is_done, std::string_view arguments, int items,
              std::string_view key) {
        line("SYSCALL",
             cat("arch=c000003e syscall=", number,
                 " success=", is_done ? "yes exit=3" : "no exit=-13", ' ', arguments,
                 " items=", items, " ppid=", process() - 1, " pid=", process(),
                 " auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 "
                 "fsgid=1000 tty=pts1 ses=",
                 choice(32, 50), " comm=\"", program().name, "\" exe=\"/usr/bin/", program().name,
                 "\" subj=unconfined key=", key));
    }
    void path(int item, std::string_view name) {
        line("PATH", cat("item=", item, " name=\"", name, "\" inode=", 100'000 + choice(40, 90'000),
                         " dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL "
                         "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"));
    }
    void title() {
        const std::string words = cat(program().name, '\0', program().option);
        line("PROCTITLE", cat("proctitle=", base::encodeHex(base::asBytes(words))));
    }

    void writeStart() {
        call(59, true, "a0=55d1c0a1 a1=55d1d0b2 a2=55d1e0c3 a3=8", 2, "\"exec\"");
        line("EXECVE", cat("argc=2 a0=\"", program().name, "\" a1=\"", program().option, '"'));
        line("CWD", "cwd=\"/srv/ada\"");
        path(0, cat("/usr/bin/", program().name));
        path(1, "/lib64/ld-linux-x86-64.so.2");
        title();
    }
    void writeOpen() {
        const WatchedFile& watched = kWatchedFiles.at(choice(48, kWatchedFiles.size()));
        call(257, choice(56, 3) != 0, "a0=ffffff9c a1=7ffd01c2 a2=0 a3=0", 1,
             cat('"', watched.key, '"'));
        line("CWD", "cwd=\"/srv/ada\"");
        path(0, watched.path);
        title();
    }
    void writeConnection() {
        call(42, true, "a0=3 a1=7ffd01c2 a2=10 a3=0", 0, "\"connect\"");
        line("SOCKADDR", "saddr=02000050C0A800010000000000000000");
        title();
    }
    void writeRefusal() {
        line("AVC", cat("avc:  denied  { read } for  pid=", process(), " comm=\"", program().name,
                        "\" name=\"shadow\" dev=\"sda1\" ino=", 100'000 + choice(40, 90'000),
                        " scontext=user_u:user_r:user_t:s0 tcontext=system_u:object_r:shadow_t:s0 "
                        "tclass=file permissive=0"));
        call(257, false, "a0=ffffff9c a1=7ffd01c2 a2=0 a3=0", 0, "(null)");
        title();
    }
    void writeUserRecord(const UserRecord& record) {
        line(record.type,
             cat("pid=", 100 + choice(8, kDaemons), " uid=0 auid=1000 ses=", choice(32, 50),
                 " subj=unconfined msg='", record.words, " exe=\"", record.exe,
                 "\" hostname=10.0.0.7 addr=10.0.0.7 terminal=", record.terminal,
                 " res=", choice(56, 10) == 0 ? "failed" : "success", '\''));
    }

    std::ofstream file_;
    std::string stamp_;
    uint64_t bits_ = 0;
};

}  // namespace

void writeAuditLog(const std::string& path) {
    AuditLogWriter log(path);
    for (uint64_t number = 0; number < kAuditEvents; ++number) {
        log.write(number);
    }
    EVD_CHECK(log.close(), "the audit log could not be written");
}

}  // namespace evd::bench
