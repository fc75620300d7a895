// A fresh directory that disappears with its owner.
#pragma once

#include "core/base/check.h"

#include <filesystem>
#include <stdlib.h>
#include <string>
#include <system_error>

namespace cqrs::support {

class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "cqrs-test-XXXXXX").string()) {
    CQRS_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;  // a destructor has nobody to tell
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace cqrs::support
