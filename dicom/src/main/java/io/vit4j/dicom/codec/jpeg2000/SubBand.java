package io.vit4j.dicom.codec.jpeg2000;

/**
 * A sub-band of a tile's component.
 *
 * @param orientation 0 for LL and LH, 1 for HL, 2 for HH, as contexts know it
 * @param x0 its area on its own grid, from
 * @param x1 up to, not with
 * @param left where its coefficients begin in the component's array
 * @param top the same
 * @param planes bit planes that its coefficients have
 * @param step of quantisation; not used if reversible
 */
record SubBand(int orientation, int x0, int y0, int x1, int y1, int left, int top, int planes, float step) {}
