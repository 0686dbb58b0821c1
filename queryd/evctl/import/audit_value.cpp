#include "queryd/evctl/import/audit_value.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace evd::evctl {

namespace {

constexpr auto kDecimal = std::to_array<std::string_view>({"argc",
                                                           "auid",
                                                           "audit_backlog_limit",
                                                           "audit_enabled",
                                                           "audit_failure",
                                                           "audit_pid",
                                                           "audit_backlog_wait_time",
                                                           "code",
                                                           "compat",
                                                           "cap_fver",
                                                           "egid",
                                                           "entries",
                                                           "euid",
                                                           "exit",
                                                           "family",
                                                           "format",
                                                           "fsgid",
                                                           "fsuid",
                                                           "gid",
                                                           "hook",
                                                           "ia_gid",
                                                           "icmptype",
                                                           "id",
                                                           "igid",
                                                           "inode",
                                                           "inode_gid",
                                                           "inode_uid",
                                                           "items",
                                                           "iuid",
                                                           "item",
                                                           "lport",
                                                           "list",
                                                           "mark",
                                                           "new-ses",
                                                           "new_gid",
                                                           "new_pe",
                                                           "oauid",
                                                           "obj_gid",
                                                           "obj_uid",
                                                           "ogid",
                                                           "old-auid",
                                                           "old-ses",
                                                           "opid",
                                                           "oses",
                                                           "ouid",
                                                           "pid",
                                                           "per",
                                                           "ppid",
                                                           "prom",
                                                           "proto",
                                                           "qbytes",
                                                           "rport",
                                                           "ses",
                                                           "sgid",
                                                           "sig",
                                                           "sport",
                                                           "dport",
                                                           "spid",
                                                           "suid",
                                                           "syscall",
                                                           "uid",
                                                           "ver",
                                                           "old_prom",
                                                           "version",
                                                           "nargs",
                                                           "len",
                                                           "old-level",
                                                           "new-level",
                                                           "old_enforcing",
                                                           "enforcing",
                                                           "old_val",
                                                           "val",
                                                           "capability",
                                                           "tty_nr",
                                                           "vm-pid"});
constexpr auto kEncoded = std::to_array<std::string_view>(
    {"acct",     "apparmor",  "cgroup",      "cmd",      "comm",
     "cwd",      "data",      "device",      "dir",      "exe",
     "file",     "grp",       "id",          "info",     "invalid_context",
     "key",      "name",      "new-chardev", "new-disk", "new-fs",
     "new-rng",  "ocomm",     "old-chardev", "old-disk", "old-fs",
     "old-rng",  "path",      "proctitle",   "profile",  "sw",
     "root_dir", "unit",      "vm",          "watch",    "tty",
     "terminal", "new_group", "kernel",      "new-net"});
constexpr auto kNothing = std::to_array<std::string_view>({"(null)", "(none)", "?", ""});

template <size_t Count>
bool isOneOf(std::string_view word, const std::array<std::string_view, Count>& list) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

template <typename Number>
std::optional<Number> wholeNumber(std::string_view text, int radix) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                    : std::nullopt;
}

bool writeInteger(std::string_view text, int radix, wire::MsgpackWriter& out) {
    if (const auto number = wholeNumber<int64_t>(text, radix)) {
        out.integer(*number);
        return true;
    }
    if (const auto number = wholeNumber<uint64_t>(text, radix)) {
        out.unsignedInteger(*number);
        return true;
    }
    return false;
}

bool isArgument(std::string_view type, std::string_view name) {
    return (type == "SYSCALL" || type == "SECCOMP") && name.size() == 2 && name[0] == 'a' &&
           name[1] >= '0' && name[1] <= '3';
}

bool writeNumber(std::string_view type, const AuditField& field, wire::MsgpackWriter& out) {
    if (isArgument(type, field.name)) {
        return writeInteger(field.value, 16, out);
    }
    if (field.name == "mode") {
        return writeInteger(field.value, 8, out);
    }
    return isOneOf(field.name, kDecimal) && writeInteger(field.value, 10, out);
}

void writeDecoded(std::string_view name, std::string bytes, wire::MsgpackWriter& out) {
    if (name == "proctitle") {
        bytes.resize(bytes.find_last_not_of('\0') + 1);
        std::replace(bytes.begin(), bytes.end(), '\0', ' ');
    }
    const auto keys = base::split(bytes, '\x01');
    if (name == "key" && keys.size() > 1 && base::isUtf8(bytes)) {
        out.arrayHeader(static_cast<uint32_t>(keys.size()));
        for (const std::string_view key : keys) {
            out.text(key);
        }
        return;
    }
    writeTextOrBytes(bytes, out);
}

}  // namespace

void writeTextOrBytes(std::string_view bytes, wire::MsgpackWriter& out) {
    if (base::isUtf8(bytes)) {
        out.text(bytes);
    } else {
        out.bytes(base::asBytes(bytes));
    }
}

bool writeAuditValue(std::string_view type, const AuditField& field, wire::MsgpackWriter& out) {
    if (!field.is_quoted && isOneOf(field.value, kNothing)) {
        return false;
    }
    if (field.is_quoted) {
        writeTextOrBytes(field.value, out);
        return true;
    }
    if (field.name == "success" && (field.value == "yes" || field.value == "no")) {
        out.boolean(field.value == "yes");
        return true;
    }
    if (writeNumber(type, field, out)) {
        return true;
    }
    const auto decoded = base::decodeHex(field.value);
    if (field.name == "saddr" && decoded.ok()) {
        out.bytes(decoded.value());
    } else if (isOneOf(field.name, kEncoded) && decoded.ok()) {
        writeDecoded(field.name, std::string(base::asText(decoded.value())), out);
    } else {
        writeTextOrBytes(field.value, out);
    }
    return true;
}

std::string auditArgument(const AuditField& field) {
    const auto decoded = base::decodeHex(field.value);
    return !field.is_quoted && decoded.ok() ? std::string(base::asText(decoded.value()))
                                            : field.value;
}

}  // namespace evd::evctl
