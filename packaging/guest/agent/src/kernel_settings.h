// What programs find of the kernel: what they would find on a large Debian host.
#pragma once

// To be called once by the guest's first process, with /proc mounted. Failures are logged and survived.
void kernel_settings_make(void);
