#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

inline constexpr size_t kCommandLineBytesMax = 4096;
inline constexpr std::string_view kRedacted = "<redacted>";
inline constexpr std::string_view kTruncated = " <truncated>";

// Takes secrets out of what is recorded about a process. Pure; any thread.
//
// Command lines are readable by everyone while a process runs, but a record keeps them for ever and
// shows them to whoever may read events. What is hidden, everywhere also inside an argument that is
// itself a command line (`sh -c '...'`):
//
//   --password VALUE, -token VALUE  an option whose name ends in a secret word, and the next word,
//                                   unless that is an option itself
//   --db-password=VALUE, KEY=VALUE  when the name contains a secret word, in either case; also with
//   "password": VALUE, ?token=VALUE a colon, in JSON, URL parameters, connection strings
//   mysql -pVALUE                   short options of the programs in a table (redaction.cpp). -p of
//   sshpass -p VALUE                any other program is left alone: it is a port, a pid, a path
//   scheme://user:VALUE@host        the password in a URL
//   Authorization: VALUE            from such a header to the end of its argument
//   .../.ssh/x, .../.aws/x,         the whole path, in arguments and as the executable
//   .../.gnupg/x
//
// Secret words: password, passwd, passphrase, secret, token, credential, credentials, api-key,
// apikey, access-key, private-key; at the end of a name also pass, pwd, passin and passout. Rather
// hides too much than too little.
std::vector<std::string> redactArguments(const std::vector<std::string>& arguments);

std::string redactPath(std::string_view path);

// Redacted, arguments with white space quoted as a shell would, clean UTF-8, and at most
// kCommandLineBytesMax bytes, of which the last are kTruncated when something is missing.
std::string showCommandLine(const std::vector<std::string>& arguments, bool cut);

}  // namespace evd::collector
