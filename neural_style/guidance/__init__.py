"""What goes where: masks, regions, segmentation, matching."""
