/* PCI devices of the host that were given to a guest by VFIO. */
#ifndef SAYA_PCI_H
#define SAYA_PCI_H

/* Gives the device at an address such as 0000:01:00.0 back to the driver that it had, "" for none. What is no such address or
 * name, or no device any more, is left alone. 0, or -1 if the kernel refused. Whoever had it open must have ended. */
int pci_give_back(const char *address, const char *driver);

#endif
