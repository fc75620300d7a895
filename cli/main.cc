#include "cli/app.h"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  try {
    return cqrs::run_app(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "cqrsctl: " << error.what() << "\n";
    return 3;
  }
}
