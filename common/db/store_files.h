#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::db {

inline constexpr size_t kStoreFilesMax = 10'000;  // databases in one event store directory
inline constexpr uint16_t kShardIndexMax = 9999;  // four digits in the name
inline constexpr std::string_view kMetaFileName = "eventd-meta.db";
inline constexpr std::string_view kLogFileName = "logs.db";
inline constexpr std::string_view kMetricFileName = "metrics.db";

// One database file of the event store.
struct StoreFile {
    std::string path;
    std::string name;
    std::optional<uint16_t> shard;  // of an active name, shard-NNNN.db; nothing for any other
};

// The file name of an active shard: shard-0000.db (Spec §3.2).
std::string shardFileName(uint16_t shard);

// The number in an active shard's file name; nothing when the name is not exactly of that form.
std::optional<uint16_t> shardOfFileName(std::string_view name);

// Every .db file of the directory except eventd-meta.db, in name order (Spec §3.2, query path
// discovery): active shards, historical ones, archives and quarantined ones alike (Ruling S6).
//
// Used by the store at start and by queryd for every question; the set may have changed by then, so
// a file that is gone when it is opened is no error. Only regular files count. NotFound when the
// directory does not exist, Denied or Io when it cannot be read, Invalid above kStoreFilesMax.
base::Result<std::vector<StoreFile>> discoverEventStores(const std::string& directory);

// The database that LogStorePath or MetricStorePath means: the value itself, or the file of that
// name within it when it ends in '/' or names a directory (Ruling S7).
std::string singleStorePath(const std::string& setting, std::string_view file_name);
// Whether something has that name. True also when nobody can tell: what is taken for missing is
// made anew.
bool fileExists(const std::string& path);
// The folder of a path; "." for a bare name.
std::string folderOf(const std::string& path);

// What a database of that path is called when it is put aside, up to the time and the suffix:
// <stem>.corrupt- (Ruling S6).
std::string quarantinePrefix(std::string_view path);
bool isQuarantined(std::string_view name);

// The database and those of it that were put aside, <stem>.corrupt-<ns>.db beside it (Ruling S6),
// in name order, as far as they are there. Errors as above, but a missing folder is no error.
base::Result<std::vector<StoreFile>> discoverSingleStore(const std::string& path);

}  // namespace evd::db
