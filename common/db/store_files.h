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

// The file that LogStorePath or MetricStorePath means: a path that ends in / or names a folder
// means `default_name` inside it (Ruling S7).
std::string singleStorePath(const std::string& setting, std::string_view default_name);

// The file of a store that is one database, and what quarantine has put beside it, named
// `<stem>.corrupt-<ns>.db` (Ruling S6); in name order, and only what is there. Fails like
// discoverEventStores, for the folder of the file.
base::Result<std::vector<StoreFile>> discoverSingleStore(const std::string& path);

}  // namespace evd::db
